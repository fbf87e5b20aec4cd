#lang racket/base
;; Answers: a term with its variables named _.0 _.1 … and the constraints that say something about it.

(require racket/list "arithmetic.rkt" "disequality.rkt" "domain.rkt" "label.rkt" "state.rkt"
         "term.rkt" "trie.rkt" "types.rkt")
(provide reify reached-constraints variable-attribute)

;; The term as the community standard prints it: the bare term, or (TERM CONSTRAINT …).
(define (reify st t)
  (define variables (term-variables st t))
  (define names (for/hasheqv ([v (in-list variables)] [i (in-naturals)])
                  (values (var-id v) (string->symbol (format "_.~a" i)))))
  (define (named t)
    (let loop ([t (walk*/store t (state-store st))])
      (cond [(var? t) (hash-ref names (var-id t))]
            [(pair? t) (cons (loop (car t)) (loop (cdr t)))]
            [(vector? t) (for/vector ([e (in-vector t)]) (loop e))]
            [else t])))
  (define (type-clause name type)
    (define those (for/list ([v (in-list variables)]
                             #:when (let ([found (attribute-type (variable-attribute st v))])
                                      (if (symbol? type)
                                          (eq? found type)
                                          (and (pair? found) (memq (car type) found)))))
                    (named v)))
    (if (null? those) '() (list (cons name those))))
  (define constraints (reached-constraints st variables))
  (define absentos
    (sort (for*/list ([v (in-list variables)]
                      [tag (in-list (absent-tags st v))]
                      #:when (andmap (λ (u) (hash-has-key? names (var-id u)))
                                     (term-variables st tag)))
            (named (list tag v)))
          term<?))
  (define disequalities
    (sort (for/list ([pairs (in-list (minimal-disequalities st variables constraints))])
            (sort (for/list ([p (in-list pairs)]) (sort (named (list (car p) (cdr p))) term-first?)) term<?))
          term<?))
  (define domains
    (for*/list ([v (in-list variables)]
                [d (in-value (attribute-domain (variable-attribute st v)))]
                #:when d)
      `(infd ,(named v) ,(domain->specification d))))
  (define arithmetic
    (sort (for/list ([c (in-list constraints)]
                     #:when (and (arithmetic? c)
                                 (andmap (λ (u) (hash-has-key? names (var-id u)))
                                         (term-variables st (arithmetic-terms c)))))
            (named (arithmetic->surface c)))
          term<?))
  (define clauses
    (append (if (null? disequalities) '() (list (cons '=/= disequalities)))
            domains
            arithmetic
            (type-clause 'num 'num) (type-clause 'str 'str) (type-clause 'sym 'sym)
            (type-clause 'not-num '(num)) (type-clause 'not-str '(str))
            (type-clause 'not-sym '(sym))
            (if (null? absentos) '() (list (cons 'absento absentos)))))
  (if (null? clauses) (named t) (cons (named t) clauses)))

(define (variable-attribute st v)
  (define known (trie-ref (state-store st) (var-id v)))
  (if (attribute? known) known no-attribute))

;; Tags that the variable's type does not keep out already.
(define (absent-tags st v)
  (define a (variable-attribute st v))
  (define type (if (attribute-domain a) 'num (attribute-type a)))
  (for/list ([tag (in-list (attribute-absent a))]
             #:when (or (not (symbol? type)) (and (atom? tag) (eq? (term-type tag) type))))
    tag))

;; The open constraints that speak of the variables, in the order in which they were posted. An
;; arithmetic constraint brings the others in that share a variable with it; a disequality counts
;; only when all its variables are among those given.
(define (reached-constraints st variables)
  (define serials (make-hasheqv))
  (define seen (make-hasheqv))
  (let loop ([variables variables])
    (for ([v (in-list variables)] #:unless (hash-ref seen (var-id v) #f))
      (hash-set! seen (var-id v) #t)
      (for ([serial (in-list (attribute-watches (variable-attribute st v)))]
            #:unless (hash-ref serials serial #f))
        (define c (trie-ref (state-constraints st) serial))
        (when c
          (hash-set! serials serial c)
          (when (arithmetic? c)
            (loop (term-variables st (arithmetic-terms c))))))))
  (for*/list ([serial (in-list (sort (hash-keys serials) <))]
              [c (in-value (hash-ref serials serial))]
              #:when (or (arithmetic? c)
                         (andmap (λ (u) (hash-ref seen (var-id u) #f))
                                 (term-variables st (disequality-pairs c)))))
    c))

;; The pairs of each disequality that neither follows from another nor from an absento.
(define (minimal-disequalities st variables constraints)
  (define tx (begin-transaction st))
  (define known (map var-id variables))
  (define all
    (remove-duplicates
     (for*/list ([c (in-list constraints)]
                 #:when (disequality? c)
                 [pairs (in-value (differing-pairs tx (disequality-pairs c)))]
                 #:when (and pairs
                             (andmap (λ (u) (memv (var-id u) known)) (term-variables st pairs))
                             (not (ormap (absent? st) pairs))))
       pairs)))
  (for/list ([pairs (in-list all)]
             #:unless (for/or ([other (in-list all)])
                        (and (not (eq? other pairs))
                             (implied-by? tx pairs other))))
    pairs))

(define ((absent? st) p)
  (member (cdr p) (attribute-absent (variable-attribute st (car p)))))

;; When all `pairs` hold, do all of `other`? Then the disequality of `other` says more.
(define (implied-by? tx pairs other)
  (and (<= (length other) (length pairs))
       (for/and ([p (in-list other)]) (member p pairs))
       #t))

;; In a pair of a disequality the variable of the lower number comes first, a variable before a value.
(define (term-first? a b)
  (and (name? a) (or (not (name? b)) (term<? a b))))
(define (name? t) (and (symbol? t) (regexp-match? #rx"^_[.][0-9]+$" (symbol->string t))))

(define (term<? a b) (string<? (format "~s" a) (format "~s" b)))
