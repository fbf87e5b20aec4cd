#lang racket/base
;; NAS-Bench-201 (Dong and Yang, ICLR 2020): a cell of 4 nodes; each of its 6 edges carries one of 5
;; operations. The published skeleton: a stem, three stages of 5 cells with 16, 32 and 64 channels, a
;; residual block that halves the image between stages, and a linear layer on the mean of each
;; channel.

(require (only-in racket/match match) "../../kanren/main.rkt" "../space.rkt")
(provide cello)

;; Architecture -> the benchmark's own name of it.
(define (table-key architecture)
  (match architecture
    [`(architecture ,_ ((cell ,a ,b ,c ,d ,e ,f)))
     (format "|~a~~0|+|~a~~0|~a~~1|+|~a~~0|~a~~1|~a~~2|" a b c d e f)]))

(define-space (nas-bench-201 architecture input classes parameters)
  "a cell of 4 nodes and 6 edges, each with one of 5 operations"
  #:input (3 32 32) #:classes 10 #:max-params 2000000
  #:table-key table-key
  (cello architecture input classes parameters))

;; Edges in the order of the benchmark's string: 0→1, 0→2, 1→2, 0→3, 1→3, 2→3.
(defrel (cello architecture input classes total)
  (fresh (channels height width a b c d e f pa pb pc pd pe pf)
    (== input `(,channels ,height ,width))
    (== architecture `(architecture (input ,channels ,height ,width) ((cell ,a ,b ,c ,d ,e ,f))))
    ;; stem: 3×3 convolution and normalisation; the two residual blocks; the last normalisation and
    ;; the linear layer
    (infd pa pb pc pd pe pf '(0 28000 243040))
    (fd (= total (+ (* 144 channels) 32 14464 57600 128 (* 65 classes) pa pb pc pd pe pf)))
    (operationo a pa) (operationo b pb) (operationo c pc)
    (operationo d pd) (operationo e pe) (operationo f pf)))

;; An operation, and its parameters in all 15 cells: those of a convolution of kernel k without bias,
;; and of its normalisation, are  5 · Σ (k²·C² + 2·C)  over C = 16, 32, 64.
(defrel (operationo operation params)
  (conde [(== operation 'none) (== params 0)]
         [(== operation 'skip_connect) (== params 0)]
         [(== operation 'nor_conv_1x1) (== params 28000)]
         [(== operation 'nor_conv_3x3) (== params 243040)]
         [(== operation 'avg_pool_3x3) (== params 0)]))
