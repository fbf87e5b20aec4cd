#lang racket/base
;; NAS-Bench-201 (Dong and Yang, ICLR 2020): a cell of 4 nodes; each of its 6 edges carries one of 5
;; operations. The published skeleton: a stem, three stages of 5 cells with 16, 32 and 64 channels, a
;; residual block that halves the image between stages, and a linear layer on the mean of each
;; channel.

(require racket/list (only-in racket/match match) "../../kanren/main.rkt" "../architecture.rkt"
         "../space.rkt")

;; Architecture -> the benchmark's own name of it.
(define (table-key architecture)
  (match architecture
    [`(architecture ,_ ((cell ,a ,b ,c ,d ,e ,f) ,_))
     (format "|~a~~0|+|~a~~0|~a~~1|+|~a~~0|~a~~1|~a~~2|" a b c d e f)]))

;; Architecture -> what its cell computes: the value of the last node as a sorted list of terms. A
;; term is an operation on a value. `none`, and any operation on an empty value, give no term;
;; skip_connect passes the terms of its source on.
(define (canonical architecture)
  (match architecture
    [`(architecture ,_ ((cell ,a ,b ,c ,d ,e ,f) ,_))
     (define (terms operation source)
       (cond [(or (eq? operation 'none) (null? source)) '()]
             [(eq? operation 'skip_connect) source]
             [else (list (list operation source))]))
     (define (node . terms) (sort (append* terms) string<? #:key (λ (t) (format "~s" t))))
     (define n0 '((input)))
     (define n1 (node (terms a n0)))
     (define n2 (node (terms b n0) (terms c n1)))
     (node (terms d n0) (terms e n1) (terms f n2))]))

(define-space (nas-bench-201 architecture input classes #:account account)
  "a cell of 4 nodes and 6 edges, each with one of 5 operations"
  #:input (3 32 32) #:classes 10 #:max-params 2000000 #:ends-with (linear 64 classes)
  #:table-key table-key #:canonical canonical
  (fresh (a b c d e f after)
    (architectureo architecture input `((cell ,a ,b ,c ,d ,e ,f) (linear 64 ,classes)))
    (layero `(cell ,a ,b ,c ,d ,e ,f) input '(64) account after)
    (lasto `(linear 64 ,classes) '(64) `(,classes) after)))
