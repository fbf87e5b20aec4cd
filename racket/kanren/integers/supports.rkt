#lang racket/base
;; Equations on two or three variables with few values: each value must occur in a solution.

(require "../core/domain.rkt" "../core/term.rkt" "expression.rkt")
(provide support-limit keep-supported!)

;; A constraint on one or two variables with so few combinations of values keeps only the values that
;; occur in a solution.
(define support-limit 64)

;; An equation on two or three variables with few values keeps those that occur in a solution. A
;; variable that stands alone in one term is computed from the others rather than tried. -> #f,
;; 'fixpoint when every value that is left occurs in a solution, #t when there are too many values
(define (keep-supported! tx sum variables)
  (define lone (lone-term sum))
  (define tried
    (if lone
        (for/list ([v (in-list variables)] #:unless (same-variable? v (cdr lone))) v)
        variables))
  (cond
    [(null? (cdr tried)) (keep-supported-1! tx sum lone (car tried))]
    [(null? (cddr tried)) (keep-supported-2! tx sum lone (car tried) (cadr tried))]
    [else #t]))

(define (keep-supported-1! tx sum lone x)
  (define dx (known-domain tx x))
  (cond
    [(> (domain-size dx) support-limit) #t]
    [else
     (define z (cdr lone))
     (define dz (known-domain tx z))
     (define computed '())
     (define kept
       (domain-filter dx
                      (λ (a)
                        (define c (solve-for lone sum (λ (_) a)))
                        (and c (domain-member? dz c)
                             (begin (set! computed (cons c computed)) #t)))))
     (and (restrict-domain! tx x kept)
          (restrict-domain! tx z (list-domain computed))
          'fixpoint)]))

(define (keep-supported-2! tx sum lone x y)
  (define dx (known-domain tx x))
  (define dy (known-domain tx y))
  (cond
    [(> (* (domain-size dx) (domain-size dy)) support-limit) #t]
    [else
     (define id (var-id x))
     (define dz (and lone (known-domain tx (cdr lone))))
     (define ys (domain-values dy))
     (define-values (y-kept computed) (values '() '()))
     (define x-kept
       (domain-filter
        dx
        (λ (a)
          (for/fold ([any? #f]) ([b (in-list ys)])
            (define (value v) (if (eqv? (var-id v) id) a b))
            (define c (if lone (solve-for lone sum value) (evaluate-sum value sum)))
            (cond [(and c (if lone (domain-member? dz c) (eqv? c 0)))
                   (unless (memv b y-kept) (set! y-kept (cons b y-kept)))
                   (when lone (unless (memv c computed) (set! computed (cons c computed))))
                   #t]
                  [else any?])))))
     (and (restrict-domain! tx x x-kept)
          (restrict-domain! tx y (domain-filter dy (λ (b) (memv b y-kept))))
          (or (not lone) (restrict-domain! tx (cdr lone) (list-domain computed)))
          'fixpoint)]))

;; The integer that the lone variable must be where `value` gives the others', or #f.
(define (solve-for lone sum value)
  (define k (car lone))
  (define rest
    (let loop ([terms (sum-terms sum)] [total (sum-constant sum)])
      (cond [(null? terms) total]
            [(eq? (car terms) lone) (loop (cdr terms) total)]
            [else (define n (evaluate value (cdar terms)))
                  (and n (loop (cdr terms) (+ total (* (caar terms) n))))])))
  (cond [(not rest) #f]
        [(eqv? k -1) rest]
        [(eqv? k 1) (- rest)]
        [(eqv? 0 (remainder rest k)) (- (quotient rest k))]
        [else #f]))

(define (same-variable? a b) (eqv? (var-id a) (var-id b)))

;; A term (K . VAR) whose variable occurs nowhere else in the sum; of several the last.
(define (lone-term sum)
  (for/fold ([found #f]) ([t (in-list (sum-terms sum))])
    (if (and (var? (cdr t)) (= 1 (occurrences (cdr t) (sum-terms sum)))) t found)))
