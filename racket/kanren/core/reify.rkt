#lang racket/base
;; Answers: a term with its variables named _.0 _.1 … and the constraints that say something about it.

(require "family.rkt" "sharing.rkt" "state.rkt" "term.rkt" "trie.rkt")
(provide reify reify/first-order (struct-out Ans) reached-constraints)

;; The term as the community standard prints it: the bare term, or (TERM CONSTRAINT …).
(define (reify st t)
  (define-values (named variables name named?) (name-variables st t))
  (define clauses
    (if (null? variables)
        '()
        (let ([constraints (reached-constraints st variables)])
          (for*/list ([f (in-list (families))]
                      [clause (in-list ((family-joined f)
                                        ((family-clauses f) st variables constraints name named?)))])
            clause))))
  (if (null? clauses) named (cons named clauses)))

;; The term as first-order-miniKanren prints it: bare, or #s(Ans TERM (CONSTRAINT …)), sorted, with
;; one clause for the type of each variable.
(struct Ans (term constraints) #:prefab)

(define (reify/first-order st t)
  (define-values (named variables name named?) (name-variables st t))
  (define constraints (reached-constraints st variables))
  (define clauses
    (for*/list ([f (in-list (families))]
                [clause (in-list ((family-clauses f) st variables constraints name named?))])
      clause))
  (if (null? clauses) named (Ans named (sort clauses term<?))))

;; -- names ----------------------------------------------------------------------------------------

;; -> the walked term with _.0 _.1 … for its variables in order of appearance, the variables, a
;; procedure that does the same to any term of these variables, and one that says whether a term is so
(define (name-variables st t)
  (define store (state-store st))
  (define names #f)                       ; variable number -> its name
  (define variables '())
  (define (name-of v)
    (unless names (set! names (make-hasheqv)))
    (or (hash-ref names (var-id v) #f)
        (let ([name (standard-name (hash-count names))])
          (hash-set! names (var-id v) name)
          (set! variables (cons v variables))
          name)))
  (define (name t)
    (define visits (make-visits large-term))
    (define (named t)
      (let ([t (walk/store t store)])
        (cond
          [(pair? t) (visited visits t (named-pair t))]
          [(var? t) (name-of t)]
          [(vector? t)
           (visited visits t (for/vector #:length (vector-length t) ([e (in-vector t)]) (named e)))]
          [else t])))
    (define (named-pair t)
      (let* ([a (named (car t))] [d (named (cdr t))])
        (if (and (eq? a (car t)) (eq? d (cdr t))) t (cons a d))))
    (named t))
  (define named (name t))
  (values named (reverse variables) name (λ (t) (for/and ([v (in-list (term-variables st t))])
                                                 (and names (hash-has-key? names (var-id v)))))))

;; Long lists are answers oftener than terms with very many shared parts.
(define large-term 100000)

(define (standard-name i)
  (if (< i (vector-length standard-names))
      (vector-ref standard-names i)
      (make-name i)))
(define (make-name i) (string->symbol (string-append "_." (number->string i))))
(define standard-names (build-vector 100 make-name))

;; -- constraints ----------------------------------------------------------------------------------

;; The open constraints that speak of the variables, in the order in which they were posted. One of a
;; reaching family (arithmetic) brings the others in that share a variable with it; one of another
;; (a disequality) counts only when all its variables are among those given.
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
          (define f (family-of-constraint c))
          (when (family-reaching? f)
            (loop (term-variables st ((family-terms f) c))))))))
  (for*/list ([serial (in-list (sort (hash-keys serials) <))]
              [c (in-value (hash-ref serials serial))]
              [f (in-value (family-of-constraint c))]
              #:when (or (family-reaching? f)
                         (andmap (λ (u) (hash-ref seen (var-id u) #f))
                                 (term-variables st ((family-terms f) c)))))
    c))
