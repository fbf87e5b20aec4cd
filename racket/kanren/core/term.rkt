#lang racket/base
;; Terms: logic variables and what may stand in a relation.

(provide (struct-out var) initial-var
         new-var numbered
         atom? check-term term<?)

;; A Term is a Var, an Atom, a pair of Terms, or a vector of Terms.
;; An Atom is an interned symbol, string, bytes, character, number, boolean or the empty list; atoms
;; compare with equal?.

;; A Var is (var NATURAL). Its number is its place in the state that introduced it: it depends on
;; nothing but the query and the steps taken, so two processes number their variables alike.
(struct var (id) #:prefab)

(define initial-var (var 0))

;; While goals are being made, a Numbering holds the number that the next `fresh` takes. It is a mark
;; on the continuation: searches in other threads, and a `run` inside the code of a goal, have theirs.
(struct numbering ([next #:mutable]) #:authentic)
(define numbering-key (make-continuation-mark-key 'numbering))

;; (numbered ([id EXPRESSION] …) (next FROM) body …): the expressions make goals, in order, with fresh
;; variables from the number FROM on; the body sees the goals, and the number that comes next.
(define-syntax-rule (numbered ([id e] ...) (next from) body ...)
  (let ([n (numbering from)])
    (let-values ([(id ...) (with-continuation-mark numbering-key n
                             (let* ([id e] ...) (values id ...)))])
      (let ([next (numbering-next n)]) body ...))))

(define (new-var)
  (define n (continuation-mark-set-first #f numbering-key))
  (unless n
    (error 'fresh "there are fresh variables only in a query or in a relation; ~a"
           "write the goal inside one"))
  (define next (numbering-next n))
  (set-numbering-next! n (add1 next))
  (var next))

(define (atom? t)
  (or (symbol? t) (number? t) (null? t) (boolean? t) (string? t) (char? t) (bytes? t)))

;; Raises an error for what is no term (procedures, structs, hashes, …).
(define (check-term who t)
  (unless (or (var? t) (pair? t) (vector? t) (and (atom? t)
                                                  (or (not (symbol? t)) (symbol-interned? t))))
    (raise-arguments-error
     who
     (string-append "not a term: expected a variable, pair, vector, interned symbol, number, string, "
                    "bytes, character or boolean")
     "got" t)))

;; In the order of their texts, of which the beginning decides: with shared parts they can be endless.
(define (term<? a b)
  (parameterize ([error-print-width 10000])
    (string<? (format "~.s" a) (format "~.s" b))))
