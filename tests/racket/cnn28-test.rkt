#lang racket/base
;; CNN-28 has exactly the networks that it has, under every policy and order of labelling.

(require racket/list rackunit "../bench/cnn28.rkt" "cnn28.rkt")

(define-syntax-rule (rows e) (let-values ([(found nodes ms) e]) found))
(define (sorted found) (sort found row<?))
(define (row<? a b)
  (and (pair? a)
       (or (null? b) (< (car a) (car b))
           (and (= (car a) (car b)) (row<? (cdr a) (cdr b))))))

(define policies '(stream fair 1 2))
(define orders '(given first-fail bisect))

(define (bounds kernels strides paddings channels pools hidden amax pmin pmax)
  (list kernels strides paddings channels pools hidden amax pmin pmax))

;; Nested loops, without any pruning but the shapes.
(define (brute-force depth b)
  (define-values (kernels strides paddings channels pools hidden amax pmin pmax) (apply values b))
  (let loop ([left depth] [row (list depth)] [size 28] [c 1] [params 0])
    (if (= left 0)
        (for*/list ([q pools] [h hidden]
                    [pooled (in-value (quotient size q))]
                    #:when (>= pooled 1)
                    [total (in-value (+ params (* pooled pooled c h) h (* 10 h) 10))]
                    #:when (<= pmin total pmax))
          (append row (list q h total)))
        (for*/fold ([found '()])
                   ([k kernels] [s strides] [p paddings] [d channels]
                    #:when (>= (+ size (* 2 p)) k)
                    [out (in-value (add1 (quotient (- (+ size (* 2 p)) k) s)))]
                    #:when (<= (* out out d) amax))
          (append (loop (sub1 left) (append row (list k s p d)) out d (+ params (* k k c d) d))
                  found)))))

(test-case "tiny: 19 networks, the known checksums"
  (define tiny (bounds '(1 3 5 7) '(1 2) '(0 1 2 3) '(4 8 16) '(1 2) '(16 32) 4096 0 5000))
  (for* ([policy policies] [order orders])
    (define found (rows (measure '(1) tiny #:policy policy #:order order)))
    (check-equal? (foldl add-row no-rows found) '(19 #x79a18d969b568c19 #x1013e673c853fc13))
    (check-equal? (sorted found) (sorted (brute-force 1 tiny)))))

(test-case "conv1: 337 convolutions"
  (for* ([policy policies] [order orders])
    (check-equal? (length (remove-duplicates
                           (rows (measure '() (list-set small 3 (range 1 17)) #:conv1? #t
                                          #:policy policy #:order order))))
                  337)))

(test-case "small: 35,989 networks, the known checksums"
  (check-equal? (rows (measure '(1 2) small #:fold add-row #:init no-rows))
                '(35989 #x8efd63399f356a74 #x2ee86bab550892b8)))

(test-case "unsat: no network, in few alternatives"
  (for ([order orders])
    (define-values (found nodes ms)
      (measure '(1 2 3) (list-set (list-set small 7 49995) 8 50000) #:order order))
    (check-equal? found '())
    (check < nodes 1000)))

(test-case "other bounds, against nested loops"
  (random-seed 28)
  (define (some xs) (sort (take (shuffle xs) (add1 (random (min 3 (length xs))))) <))
  (for ([_ 25])
    (define pmin (random 20000))
    (define b (bounds (some '(1 2 3 4 5 7 11)) (some '(1 2 3)) (some '(0 1 2 3))
                      (some '(1 2 3 5 8 12 16 30)) (some '(1 2 3)) (some '(1 7 10 16 33 64))
                      (+ 100 (random 6000)) pmin (+ pmin (random 40000))))
    (define depths (if (= 0 (random 2)) '(1) '(1 2)))
    (define expected (sorted (append* (for/list ([d depths]) (brute-force d b)))))
    (check-equal? (sorted (rows (measure depths b #:policy (list-ref policies (random 4))
                                         #:order (list-ref orders (random 3)))))
                  expected)))

(module* test #f)      ; raco test runs what stands above
