#lang racket/base
;; Finite domains: sets of integers, and the domain of a variable in a transaction.

(require "family.rkt" "goal.rkt" "state.rkt" "term.rkt")
(provide (struct-out domain) domain-family
         anything interval-domain list-domain specification->domain domain->specification
         domain-member? domain-clip domain-meet domain-remove domain-filter domain-size domain-values
         restrict-domain! restrict-bounds! exclude-value! known-domain)

;; A Domain is (domain MIN MAX RANGES), MIN <= MAX both members:
;;   MIN      the least member, or -inf.0 (open end)
;;   MAX      the greatest, or +inf.0
;;   RANGES   #f: every integer from MIN to MAX; or a sorted list of pairs (LO . HI), both included,
;;            disjoint and not adjacent, of which those parts that lie between MIN and MAX are the
;;            members. MIN lies in the first range and MAX in a later one; ranges after that are left
;;            over. So cutting off either end copies nothing.
;; The empty domain is #f.
(struct domain (min max ranges) #:prefab)

(define anything (domain -inf.0 +inf.0 #f))

(define (interval-domain lo hi) (and (<= lo hi) (domain lo hi #f)))

(define (list-domain integers)
  (let loop ([ns (reverse (sort integers <))] [ranges '()])
    (cond [(pair? ns)
           (define n (car ns))
           (loop (cdr ns)
                 (if (and (pair? ranges) (<= (caar ranges) (add1 n)))
                     (cons (cons n (cdar ranges)) (cdr ranges))
                     (cons (cons n n) ranges)))]
          [else (ranges-domain ranges)])))

;; Sorted ranges, disjoint and not adjacent -> Domain or #f
(define (ranges-domain ranges)
  (cond [(null? ranges) #f]
        [(null? (cdr ranges)) (domain (caar ranges) (cdar ranges) #f)]
        [else (domain (caar ranges) (last-high ranges) ranges)]))

(define (last-high ranges) (if (null? (cdr ranges)) (cdar ranges) (last-high (cdr ranges))))

;; The ranges of a domain, cut to what lies between its ends.
(define (member-ranges d)
  (define lo (domain-min d))
  (define hi (domain-max d))
  (define ranges (domain-ranges d))
  (if (not ranges)
      (list (cons lo hi))
      (let loop ([ranges ranges])
        (define r (car ranges))
        (define from (larger lo (car r)))
        (if (<= hi (cdr r))
            (list (cons from hi))
            (cons (cons from (cdr r)) (loop (cdr ranges)))))))

;; A domain as it is written: a list of integers; (interval LO HI), both included, with -inf / +inf
;; for open ends; or (union INTERVAL …), sorted and with gaps between them. -> Domain or #f when empty
(define (specification->domain who spec)
  (define (bad)
    (raise-arguments-error
     who "not a domain: expected a list of integers or (interval LO HI)" "got" spec))
  (define (range i)
    (unless (and (list? i) (= (length i) 3) (eq? (car i) 'interval)) (bad))
    (define lo (if (eq? (cadr i) '-inf) -inf.0 (cadr i)))
    (define hi (if (eq? (caddr i) '+inf) +inf.0 (caddr i)))
    (unless (and (or (exact-integer? lo) (eqv? lo -inf.0)) (or (exact-integer? hi) (eqv? hi +inf.0)))
      (bad))
    (cons lo hi))
  (unless (list? spec) (bad))
  (cond [(and (pair? spec) (eq? (car spec) 'interval))
         (let ([r (range spec)]) (interval-domain (car r) (cdr r)))]
        [(and (pair? spec) (eq? (car spec) 'union))
         (define ranges (map range (cdr spec)))
         (unless (ascending? ranges) (bad))
         (ranges-domain ranges)]
        [(andmap exact-integer? spec) (list-domain spec)]
        [else (bad)]))

(define (ascending? ranges)
  (for/and ([r (in-list ranges)]
            [next (if (pair? ranges) (append (cdr ranges) '(#f)) '())])
    (and (<= (car r) (cdr r)) (or (not next) (< (add1 (cdr r)) (car next))))))

;; Domains with gaps are written as a list up to this size.
(define listing-limit 64)

(define (domain->specification d)
  (define ranges (member-ranges d))
  (define (interval r)
    (list 'interval
          (if (exact-integer? (car r)) (car r) '-inf)
          (if (exact-integer? (cdr r)) (cdr r) '+inf)))
  (cond [(null? (cdr ranges)) (interval (car ranges))]
        [(<= (domain-size d) listing-limit) (domain-values d)]
        [else (cons 'union (map interval ranges))]))

(define (domain-member? d n)
  (and (<= (domain-min d) n (domain-max d))
       (let ([ranges (domain-ranges d)])
         (or (not ranges)
             (let loop ([ranges ranges])
               (cond [(> n (cdar ranges)) (loop (cdr ranges))]
                     [else (>= n (caar ranges))]))))))

;; How many members; +inf.0 where an end is open.
(define (domain-size d)
  (define lo (domain-min d))
  (define hi (domain-max d))
  (cond [(not (and (exact-integer? lo) (exact-integer? hi))) +inf.0]
        [(not (domain-ranges d)) (+ 1 (- hi lo))]
        [else (let loop ([ranges (domain-ranges d)] [size 0] [lo lo])
                (define r (car ranges))
                (if (<= hi (cdr r))
                    (+ size 1 (- hi lo))
                    (loop (cdr ranges) (+ size 1 (- (cdr r) lo)) (caadr ranges))))]))

;; All members in order; only for a domain with both ends closed.
(define (domain-values d)
  (for*/list ([r (in-list (member-ranges d))] [n (in-range (car r) (add1 (cdr r)))]) n))

;; -> the Domain of the members between lo and hi: d itself when that is all of them, #f when none
(define (domain-clip d lo hi)
  (define min (domain-min d))
  (define max (domain-max d))
  (define ranges (domain-ranges d))
  (cond
    [(and (<= lo min) (<= max hi)) d]
    [(not ranges) (interval-domain (larger lo min) (smaller hi max))]
    [else
     (let ([lo (larger lo min)] [hi (smaller hi max)])
       (let skip ([ranges ranges])
         (cond [(or (null? ranges) (> lo hi)) #f]
               [(< (cdar ranges) lo) (skip (cdr ranges))]
               [(> (caar ranges) hi) #f]
               [else
                (define from (larger lo (caar ranges)))
                (let last ([rs ranges])
                  (define next (cdr rs))
                  (if (and (pair? next) (<= (caar next) hi))
                      (last next)
                      (domain from (smaller hi (cdar rs)) (if (eq? rs ranges) #f ranges))))])))]))

;; -> the Domain of what is in both, a itself when that is all of it, or #f
(define (domain-meet a b)
  (cond
    [(not (domain-ranges b)) (domain-clip a (domain-min b) (domain-max b))]
    [(not (domain-ranges a)) (domain-clip b (domain-min a) (domain-max a))]
    [else
     (define met
       (ranges-domain
        (let loop ([as (member-ranges a)] [bs (member-ranges b)])
          (if (or (null? as) (null? bs))
              '()
              (let* ([lo (larger (caar as) (caar bs))]
                     [hi (smaller (cdar as) (cdar bs))]
                     [rest (λ () (if (< (cdar as) (cdar bs)) (loop (cdr as) bs) (loop as (cdr bs))))])
                (if (<= lo hi) (cons (cons lo hi) (rest)) (rest)))))))
     (if (and met (= (range-count met) (range-count a)) (same-ranges? met a)) a met)]))

(define (range-count d) (length (member-ranges d)))
(define (same-ranges? a b) (equal? (member-ranges a) (member-ranges b)))

(define (larger a b) (if (< a b) b a))
(define (smaller a b) (if (< b a) b a))

;; -> the Domain without n: d itself when n is not in it, #f when nothing is left
(define (domain-remove d n)
  (cond
    [(not (domain-member? d n)) d]
    [(eqv? n (domain-min d)) (domain-clip d (add1 n) (domain-max d))]
    [(eqv? n (domain-max d)) (domain-clip d (domain-min d) (sub1 n))]
    [else
     (ranges-domain
      (let loop ([ranges (member-ranges d)])
        (define lo (caar ranges))
        (define hi (cdar ranges))
        (if (> n hi)
            (cons (car ranges) (loop (cdr ranges)))
            (append (if (< lo n) (list (cons lo (sub1 n))) '())
                    (if (< n hi) (list (cons (add1 n) hi)) '())
                    (cdr ranges)))))]))

;; -> the Domain of the members that are to be kept: d itself when that is all of them, #f when none
(define (domain-filter d keep?)
  (define ranges
    (for*/fold ([ranges '()]) ([r (in-list (member-ranges d))]
                               [n (in-range (car r) (add1 (cdr r)))]
                               #:when (keep? n))
      (if (and (pair? ranges) (eqv? (add1 (cdar ranges)) n))
          (cons (cons (caar ranges) n) (cdr ranges))
          (cons (cons n n) ranges))))
  (define new (ranges-domain (reverse ranges)))
  (if (and new (eqv? (domain-size new) (domain-size d))) d new))

;; -- the domain of a term in a transaction ------------------------------------------------------

;; The domain of an unbound variable, or #f.
(define (known-domain tx v) (attribute-domain (attribute-of tx v)))

;; Posts that t lies in d (a Domain, or #f for the empty one). A domain of one value binds the
;; variable.
(define (restrict-domain! tx t d)
  (let ([t (walk tx t)])
    (cond
      [(not d) #f]
      [(var? t)
       (define a (attribute-of tx t))
       (define old (attribute-domain a))
       (cond [old (change-domain! tx t a (domain-meet old d))]
             [(integer-type? (attribute-type a)) (change-domain! tx t a d)]
             [else #f])]
      [else (and (exact-integer? t) (domain-member? d t))])))

(define (integer-type? type)
  (or (not type) (eq? type 'num) (and (pair? type) (not (memq 'num type)))))

(define (change-domain! tx v a new)
  (cond
    [(not new) #f]
    [(eq? new (attribute-domain a)) #t]
    [else
     (unless (attribute-domain a) (count-known! tx))
     (set-attribute! tx v (attribute #f new (attribute-absent a) (attribute-watches a)))
     (if (eqv? (domain-min new) (domain-max new))
         (equate! tx v (domain-min new))
         (wake-all! tx (attribute-watches a)))
     #t]))

;; Posts lo <= t <= hi. A bound of more than 256 bits cuts nothing off: in x > x·x such bounds get
;; twice as long with each step.
(define (restrict-bounds! tx t lo hi)
  (let ([t (walk tx t)])
    (cond
      [(var? t)
       (define a (attribute-of tx t))
       (define old (attribute-domain a))
       (define least (if (huge? lo) -inf.0 lo))
       (define most (if (huge? hi) +inf.0 hi))
       (if old
           (change-domain! tx t a (domain-clip old least most))
           (restrict-domain! tx t (interval-domain least most)))]
      [else (and (exact-integer? t) (<= lo t hi))])))

(define (huge? n) (and (not (fixnum? n)) (exact-integer? n) (> (integer-length n) 256)))

;; Posts that t is an integer other than n.
(define (exclude-value! tx t n)
  (let ([t (walk tx t)])
    (cond [(var? t)
           (define a (attribute-of tx t))
           (define old (attribute-domain a))
           (if old
               (change-domain! tx t a (domain-remove old n))
               (restrict-domain! tx t (domain-remove anything n)))]
          [else (and (exact-integer? t) (not (= t n)))])))

;; -- the family -----------------------------------------------------------------------------------

;; Every integer is a domain of one variable or another: an endless one says nothing.
(define (attribute-texts v a)
  (define d (attribute-domain a))
  (if (or (not d) (equal? d anything)) '() (list (domain->text v d))))

(define (domain->text t d) (list 'infd t (domain->specification d)))

(define (clauses st variables constraints name named?)
  (for*/list ([v (in-list variables)]
              [d (in-value (attribute-domain (variable-attribute st v)))]
              #:when d)
    (domain->text (name v) d)))

(define domain-family
  (make-family 'domains
               #:goal? domfd?
               #:post (λ (tx g) (restrict-domain! tx (domfd-term g) (domfd-domain g)))
               #:goal-text (λ (st g) (domain->text (domfd-term g) (domfd-domain g)))
               #:hand-on (λ (tx a t)
                           (define d (attribute-domain a))
                           (or (not d) (restrict-domain! tx t d)))
               #:slot 'domains
               #:attribute-texts attribute-texts
               #:clauses clauses))
