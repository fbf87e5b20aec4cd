#lang racket/base
;; The linear constraints of a store as a whole, over rational numbers: have they a solution at all?
;; Narrowing bounds one constraint at a time creeps in x < y < x; here that is seen at once.

(provide (struct-out row) infeasible-rows?)

;; A Row is (row COEFFICIENTS LO HI): LO <= Σ coefficient·column <= HI. COEFFICIENTS is a hash from
;; column, a natural number, to coefficient; an end may be infinite.
(struct row (coefficients lo hi))

;; Simplex in the form that SMT solvers use (Dutertre and de Moura, CAV 2006): each row has a slack
;; variable that equals its sum. A basic variable is written in terms of the others, which stand at
;; one of their bounds; one that breaks a bound is exchanged for one of the others that can help it;
;; where none can, the row shows that there is no solution. Smallest numbers first (Bland), so it
;; ends.

;; `ends` are the bounds (LO . HI) of the columns 0, 1, …
(define (infeasible-rows? rows ends)
  (define columns (length ends))
  (define bounds
    (list->vector (append ends (for/list ([r (in-list rows)]) (cons (row-lo r) (row-hi r))))))
  (define (lo v) (car (vector-ref bounds v)))
  (define (hi v) (cdr (vector-ref bounds v)))
  (define value
    (for/vector ([v (in-naturals)] [b (in-vector bounds)])
      (cond [(>= v columns) 0]
            [(exact-integer? (car b)) (car b)]
            [(exact-integer? (cdr b)) (cdr b)]
            [else 0])))
  ;; basic variable -> hash: other variable -> coefficient
  (define tableau
    (for/hasheqv ([r (in-list rows)] [v (in-naturals columns)])
      (values v (row-coefficients r))))
  (define (evaluate coefficients)
    (for/fold ([sum 0]) ([(v k) (in-hash coefficients)]) (+ sum (* k (vector-ref value v)))))
  (for ([(v coefficients) (in-hash tableau)]) (vector-set! value v (evaluate coefficients)))
  (define (smallest vs) (for/fold ([least #f]) ([v vs]) (if (and least (< least v)) least v)))
  (let loop ([tableau tableau])
    (define broken
      (smallest (for/list ([v (in-hash-keys tableau)]
                           #:unless (<= (lo v) (vector-ref value v) (hi v)))
                  v)))
    (cond
      [(not broken) #f]
      [else
       (define coefficients (hash-ref tableau broken))
       (define too-low? (< (vector-ref value broken) (lo broken)))
       (define target (if too-low? (lo broken) (hi broken)))
       (define helper
         (smallest (for/list ([(v k) (in-hash coefficients)]
                              #:when (if (eq? too-low? (> k 0))
                                         (< (vector-ref value v) (hi v))
                                         (> (vector-ref value v) (lo v))))
                     v)))
       (cond
         [(not helper) #t]
         [else
          (define next (exchange tableau broken helper))
          (vector-set! value helper
                       (+ (vector-ref value helper)
                          (/ (- target (vector-ref value broken)) (hash-ref coefficients helper))))
          (vector-set! value broken target)
          (for ([(v coefficients) (in-hash next)] #:unless (eqv? v helper))
            (vector-set! value v (evaluate coefficients)))
          (loop next)])])))

;; Solves the row of the basic variable `out` for `in`, and puts that into the other rows.
(define (exchange tableau out in)
  (define old (hash-ref tableau out))
  (define k (hash-ref old in))
  (define solved
    (hash-set (for/hasheqv ([(v j) (in-hash old)] #:unless (eqv? v in)) (values v (- (/ j k))))
              out (/ 1 k)))
  (define others
    (for/hasheqv ([(b coefficients) (in-hash tableau)] #:unless (eqv? b out))
      (define j (hash-ref coefficients in 0))
      (values b
              (if (eqv? j 0)
                  coefficients
                  (for/fold ([all (hash-remove coefficients in)]) ([(v i) (in-hash solved)])
                    (define sum (+ (hash-ref all v 0) (* i j)))
                    (if (eqv? sum 0) (hash-remove all v) (hash-set all v sum)))))))
  (hash-set others in solved))
