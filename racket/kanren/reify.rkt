#lang racket/base
;; Answers: a term with its variables named _.0 _.1 … and the constraints that say something about it.

(require racket/list "integers/arithmetic.rkt" "disequality.rkt" "integers/domain.rkt" "label.rkt"
         "sharing.rkt" "state.rkt" "substitution.rkt" "term.rkt" "trie.rkt" "types.rkt")
(provide reify reify/first-order (struct-out Ans) reached-constraints variable-attribute)

;; The term as the community standard prints it: the bare term, or (TERM CONSTRAINT …).
(define (reify st t)
  (define-values (named variables name known?) (name-variables st t))
  (define clauses
    (if (null? variables)
        '()
        (let ([types (type-clauses st variables)]
              [constraints (reached-constraints st variables)])
          (append (disequality-clause st variables constraints name)
                  (domain-clauses st variables name)
                  (arithmetic-clauses constraints name known?)
                  (for*/list ([t (in-list '(num str sym not-num not-str not-sym))]
                              [vs (in-value (for/list ([p (in-list types)] #:when (eq? (car p) t))
                                              (name (cdr p))))]
                              #:when (pair? vs))
                    (cons t vs))
                  (absento-clause st variables name known?)))))
  (if (null? clauses) named (cons named clauses)))

;; The term as first-order-miniKanren prints it: bare, or #s(Ans TERM (CONSTRAINT …)), sorted, with
;; one clause for the type of each variable.
(struct Ans (term constraints) #:prefab)

(define (reify/first-order st t)
  (define-values (named variables name known?) (name-variables st t))
  (define constraints (reached-constraints st variables))
  (define clauses
    (append (for/list ([p (in-list (type-clauses st variables))]) (list (car p) (name (cdr p))))
            (disequality-clause st variables constraints name)
            (domain-clauses st variables name)
            (arithmetic-clauses constraints name known?)
            (let ([absentos (absento-clause st variables name known?)])
              (if (null? absentos)
                  '()
                  (for/list ([a (in-list (cdar absentos))]) (cons 'absento a))))))
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

;; -- clauses: each is a list of clauses, empty where there is nothing to say ------------------------

;; (TYPE . VARIABLE) for each type that a variable must or must not have.
(define (type-clauses st variables)
  (for*/list ([v (in-list variables)]
              [type (in-value (attribute-type (variable-attribute st v)))]
              #:when type
              [t (in-list (if (symbol? type) (list type) (map negated type)))])
    (cons t v)))

(define (negated type) (case type [(sym) 'not-sym] [(num) 'not-num] [else 'not-str]))

(define (disequality-clause st variables constraints name)
  (define found
    (sort (for/list ([pairs (in-list (minimal-disequalities st variables constraints))])
            (sort (for/list ([p (in-list pairs)])
                    (sort (list (name (car p)) (name (cdr p))) term-first?))
                  term<?))
          term<?))
  (if (null? found) '() (list (cons '=/= found))))

(define (absento-clause st variables name known?)
  (define found
    (sort (for*/list ([v (in-list variables)]
                      [tag (in-list (absent-tags st v))]
                      #:when (known? tag))
            (list (name tag) (name v)))
          term<?))
  (if (null? found) '() (list (cons 'absento (remove-duplicates found)))))

(define (domain-clauses st variables name)
  (for*/list ([v (in-list variables)]
              [d (in-value (attribute-domain (variable-attribute st v)))]
              #:when d)
    `(infd ,(name v) ,(domain->specification d))))

(define (arithmetic-clauses constraints name known?)
  (sort (for/list ([c (in-list constraints)]
                   #:when (and (arithmetic? c) (known? (arithmetic-terms c))))
          (name (arithmetic->surface c)))
        term<?))

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
                             (implied-by? st pairs other)
                             ;; of two that say the same, the first
                             (or (not (implied-by? st other pairs))
                                 (memq pairs (memq other all))))))
    pairs))

;; Can the pair never become equal, because one side holds what must not occur in the other?
(define ((absent? st) p)
  (define (keeps-out? v t)
    (and (var? v)
         (for/or ([tag (in-list (attribute-absent (variable-attribute st v)))])
           (inside? st tag t))))
  (or (keeps-out? (car p) (cdr p)) (keeps-out? (cdr p) (car p))))

(define (inside? st tag t)
  (define store (state-store st))
  (define visits (make-visits))
  (define (equal-to-tag? t) (eq? store (make-equal store (list (cons tag t)))))
  (let loop ([t t])
    (let ([t (walk/store t store)])
      (cond [(pair? t) (and (first-visit? visits t)
                            (or (equal-to-tag? t) (loop (car t)) (loop (cdr t))))]
            [(vector? t) (and (first-visit? visits t)
                              (or (equal-to-tag? t) (for/or ([e (in-vector t)]) (loop e))))]
            [else (equal-to-tag? t)]))))

;; When all `pairs` hold, do all of `other`? Then the disequality of `other` says more.
(define (implied-by? st pairs other)
  (define store (make-equal (state-store st) pairs))
  (and store (eq? store (make-equal store other))))

(define (make-equal store pairs)
  (for/fold ([store store]) ([p (in-list pairs)])
    (define-values (next pending) (if store (unify-in (car p) (cdr p) store '()) (values #f '())))
    next))

;; In a pair of a disequality the variable of the lower number comes first, a variable before a value.
(define (term-first? a b)
  (and (name? a) (or (not (name? b)) (term<? a b))))
(define (name? t) (and (symbol? t) (regexp-match? #rx"^_[.][0-9]+$" (symbol->string t))))

;; In the order of their texts, of which the beginning decides: with shared parts they can be endless.
(define (term<? a b)
  (parameterize ([error-print-width 10000])
    (string<? (format "~.s" a) (format "~.s" b))))
