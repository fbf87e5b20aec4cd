#lang racket/base
;; Terms: logic variables and what may stand in a relation.

(provide (struct-out var) initial-var
         new-var next-variable set-next-variable!
         atom? check-term)

;; A Term is a Var, an Atom, a pair of Terms, or a vector of Terms.
;; An Atom is an interned symbol, string, bytes, character, number, boolean or the empty list; atoms
;; compare with equal?.

;; A Var is (var NATURAL). Its number is its place in the state that introduced it: it depends on
;; nothing but the query and the steps taken, so two processes number their variables alike.
(struct var (id) #:prefab)

(define initial-var (var 0))

;; The number that the next `fresh` takes. The driver sets it from the state that is being unfolded
;; before it runs a relation's body, and stores it in the state that results.
(define next-variable 0)
(define (set-next-variable! n) (set! next-variable n))
(define (new-var)
  (define v (var next-variable))
  (set! next-variable (add1 next-variable))
  v)

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
