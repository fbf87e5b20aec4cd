#lang racket/base
;; Finite domains: sets of integers, and the domain of a variable in a transaction.

(require "state.rkt" "term.rkt")
(provide (struct-out domain)
         interval-domain list-domain specification->domain domain->specification
         domain-min domain-max domain-member? domain-meet domain-remove domain-size domain-values
         domain-filter
         restrict-domain! restrict-bounds! exclude-value! lower upper)

;; A Domain is (domain RANGES): a non-empty sorted list of pairs (LO . HI), LO <= HI, both included,
;; disjoint and not adjacent. The first LO may be -inf.0, the last HI +inf.0 (open ends).
;; The empty domain is #f.
(struct domain (ranges) #:prefab)

(define (interval-domain lo hi) (and (<= lo hi) (domain (list (cons lo hi)))))

(define (list-domain integers)
  (make-domain (let loop ([ns (sort integers <)])
                 (cond [(null? ns) '()]
                       [else (let run ([hi (car ns)] [rest (cdr ns)])
                               (if (and (pair? rest) (<= (car rest) (add1 hi)))
                                   (run (car rest) (cdr rest))
                                   (cons (cons (car ns) hi) (loop rest))))]))))

(define (make-domain ranges) (and (pair? ranges) (domain ranges)))

;; (interval LO HI), with -inf / +inf for open ends, or a list of integers -> Domain or #f when empty
(define (specification->domain who spec)
  (define (end n)
    (cond [(eq? n '-inf) -inf.0] [(eq? n '+inf) +inf.0] [(exact-integer? n) n] [else (bad)]))
  (define (bad)
    (raise-arguments-error
     who "not a domain: expected a list of integers or (interval LO HI)" "got" spec))
  (cond [(and (list? spec) (pair? spec) (eq? (car spec) 'interval))
         (if (= (length spec) 3) (interval-domain (end (cadr spec)) (end (caddr spec))) (bad))]
        [(and (list? spec) (andmap exact-integer? spec)) (list-domain spec)]
        [else (bad)]))

;; The shortest of the two forms that specification->domain reads.
(define (domain->specification d)
  (define ranges (domain-ranges d))
  (define lo (caar ranges))
  (define hi (domain-max d))
  (if (null? (cdr ranges))
      (list 'interval (if (exact-integer? lo) lo '-inf) (if (exact-integer? hi) hi '+inf))
      (domain-values d)))

(define (domain-min d) (caar (domain-ranges d)))
(define (domain-max d)
  (let loop ([ranges (domain-ranges d)])
    (if (null? (cdr ranges)) (cdar ranges) (loop (cdr ranges)))))

(define (domain-member? d n)
  (for/or ([r (in-list (domain-ranges d))]) (<= (car r) n (cdr r))))

(define (domain-size d)
  (for/fold ([size 0]) ([r (in-list (domain-ranges d))])
    (if (and (exact-integer? (car r)) (exact-integer? (cdr r)))
        (+ size 1 (- (cdr r) (car r)))
        +inf.0)))

;; All members in order; only for a domain with both ends closed.
(define (domain-values d)
  (for*/list ([r (in-list (domain-ranges d))] [n (in-range (car r) (add1 (cdr r)))]) n))

;; -> the Domain of what is in both, or #f
(define (domain-meet a b)
  (make-domain
   (let loop ([as (domain-ranges a)] [bs (domain-ranges b)])
     (if (or (null? as) (null? bs))
         '()
         (let* ([lo (larger (caar as) (caar bs))]
                [hi (smaller (cdar as) (cdar bs))]
                [rest (λ () (if (< (cdar as) (cdar bs)) (loop (cdr as) bs) (loop as (cdr bs))))])
           (if (<= lo hi) (cons (cons lo hi) (rest)) (rest)))))))

(define (larger a b) (if (< a b) b a))
(define (smaller a b) (if (< b a) b a))

(define (domain-remove d n)
  (make-domain
   (let loop ([ranges (domain-ranges d)])
     (cond [(null? ranges) '()]
           [else
            (define lo (caar ranges))
            (define hi (cdar ranges))
            (cond [(< n lo) ranges]
                  [(> n hi) (cons (car ranges) (loop (cdr ranges)))]
                  [else (append (if (< lo n) (list (cons lo (sub1 n))) '())
                                (if (< n hi) (list (cons (add1 n) hi)) '())
                                (cdr ranges))])]))))

(define (domain-filter d keep?) (list-domain (filter keep? (domain-values d))))

;; -- the domain of a term in a transaction ------------------------------------------------------

;; Posts that t lies in d. A domain of one value binds the variable.
(define (restrict-domain! tx t d)
  (let ([t (walk tx t)])
    (cond
      [(not d) #f]
      [(exact-integer? t) (domain-member? d t)]
      [(var? t)
       (define a (attribute-of tx t))
       (define old (attribute-domain a))
       (define type (attribute-type a))
       (cond [(not (or (not type) (eq? type 'num) (and (pair? type) (not (memq 'num type))))) #f]
             [else
              (define new (if old (domain-meet old d) d))
              (cond [(not new) #f]
                    [(and old (equal? new old)) #t]
                    [else
                     (set-attribute! tx t (struct-copy attribute a [type #f] [domain new]))
                     (if (and (null? (cdr (domain-ranges new)))
                              (eqv? (domain-min new) (domain-max new)))
                         (equate! tx t (domain-min new))
                         (wake-all! tx (attribute-watches a)))
                     #t])])]
      [else #f])))

(define (restrict-bounds! tx t lo hi)
  (let ([t (walk tx t)])
    (if (exact-integer? t)
        (<= lo t hi)
        (or (and (var? t)
                 (let ([old (attribute-domain (attribute-of tx t))])
                   (and old (<= lo (domain-min old)) (>= hi (domain-max old)))))
            (restrict-domain! tx t (interval-domain lo hi))))))

(define (exclude-value! tx t n)
  (let ([t (walk tx t)])
    (cond [(exact-integer? t) (not (= t n))]
          [(var? t)
           (restrict-domain!
            tx t (domain-remove (or (attribute-domain (attribute-of tx t))
                                    (interval-domain -inf.0 +inf.0))
                                n))]
          [else #f])))

;; The least and the greatest value that a walked integer term may take.
(define (lower tx t)
  (if (var? t)
      (let ([d (attribute-domain (attribute-of tx t))]) (if d (domain-min d) -inf.0))
      t))
(define (upper tx t)
  (if (var? t)
      (let ([d (attribute-domain (attribute-of tx t))]) (if d (domain-max d) +inf.0))
      t))

(module+ test
  (require rackunit)
  (define d (list-domain '(4 1 2 9)))
  (check-equal? (domain-ranges d) '((1 . 2) (4 . 4) (9 . 9)))
  (check-equal? (domain-values (domain-meet d (interval-domain 2 4))) '(2 4))
  (check-equal? (domain-values (domain-remove d 2)) '(1 4 9))
  (check-false (domain-meet d (interval-domain 5 8)))
  (check-equal? (domain->specification (specification->domain 'test '(interval 1 +inf)))
                '(interval 1 +inf)))
