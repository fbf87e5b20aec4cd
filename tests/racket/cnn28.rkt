#lang racket/base
;; CNN-28: convolutional networks for a 1×28×28 image and ten classes as relations over integers. The
;; exact number of networks and checksums of the set are known.

(require racket/list "../../racket/kanren/main.rkt")
(provide convolutionso networkso small no-rows add-row)

;; What the integers of a network may be, as a term (KERNELS STRIDES PADDINGS CHANNELS POOLS HIDDEN
;; AMAX PMIN PMAX): six lists of integers, the most activations of a layer, and the fewest and the
;; most parameters of a network.
(define small '((1 3 5 7) (1 2) (0 1 2 3) (4 8 16 32) (1 2) (16 32 64 128) 4096 0 50000))

(define side 28)
(define classes 10)

;; Networks of each of the depths; row is (L k1 s1 p1 c1 … kL sL pL cL q h params). `order` is how
;; they are labelled: given, first-fail or bisect.
(define (networkso depths row bounds order)
  (for/fold ([all (networko (car depths) row bounds order)]) ([depth (in-list (cdr depths))])
    (conde [all] [(networko depth row bounds order)])))

(defrel (networko depth row bounds order)
  (let more ([count depth] [layers '()])
    (if (> count 0)
        (fresh (k s p c out) (more (sub1 count) (cons (list k s p c out) layers)))
        (network-goal layers row bounds order))))

;; layers: list of (KERNEL STRIDE PADDING CHANNELS SIZE), SIZE of what the layer gives
(define (network-goal layers row bounds order)
  (define-values (ks ss ps cs sizes) (apply values (apply map list layers)))
  (define-values (kernels strides paddings channels pools hidden amax pmin pmax)
    (apply values bounds))
  (fresh (q h pooled params)
    (== row `(,(length layers) ,@(append* (map list ks ss ps cs)) ,q ,h ,params))
    (within ks kernels) (within ss strides) (within ps paddings) (within cs channels)
    (infd q pools)
    (infd h hidden)
    (infd params (interval pmin pmax))
    (for/fold ([goal succeed])
              ([k ks] [s ss] [p ps] [c cs] [size (cons side sizes)] [out sizes])
      (conj* goal (convolutiono size k s p c out amax)))
    (fd (= pooled (quotient (last sizes) q)))
    (fd (>= pooled 1))
    (fd (= params
           (+ (for/fold ([sum (fd-expression 0)]) ([k ks] [in (cons 1 cs)] [c cs])
                (fd-expression (+ sum (* k k in c) c)))
              (* pooled pooled (last cs) h) h
              (* classes h) classes)))
    ;; what weighs most in the number of parameters comes first
    (labelled order (list (reverse cs) h ks ss q ps))))

(define (labelled order variables)
  (case order
    [(given) (labelfd variables)]
    [(first-fail) (labelfd #:order first-fail variables)]
    [else (labelfd #:order bisect variables)]))

(define (within xs domain)
  (for/fold ([goal succeed]) ([x (in-list xs)]) (conj* goal (domfd x domain))))

;; One convolution: a side of `size` pixels becomes one of `out`, with at most `amax` activations.
(defrel (convolutiono size kernel stride padding channels out amax)
  (infd out (interval 1 +inf))
  (fd (>= (+ size (* 2 padding)) kernel))
  (fd (= out (+ 1 (quotient (- (+ size (* 2 padding)) kernel) stride))))
  (fd (<= (* out out channels) amax)))

;; One convolution of the image alone; row is (KERNEL STRIDE PADDING CHANNELS).
(define (convolutionso row bounds order)
  (define-values (kernels strides paddings channels amax)
    (values (first bounds) (second bounds) (third bounds) (fourth bounds) (seventh bounds)))
  (fresh (k s p c out)
    (== row (list k s p c))
    (infd k kernels) (infd s strides) (infd p paddings) (infd c channels)
    (convolutiono side k s p c out amax)
    (labelled order row)))

;; (COUNT SUM XOR) of the rows so far: how many, and the sum and the exclusive or of their hashes
;; modulo 2^64 (FNV-1a over the integers of a row).
(define no-rows '(0 0 0))
(define (add-row row sums)
  (define h
    (for/fold ([x 14695981039346656037]) ([n (in-list row)])
      (bitwise-and mask (* (bitwise-xor x n) 1099511628211))))
  (list (add1 (first sums))
        (bitwise-and mask (+ (second sums) h))
        (bitwise-xor (third sums) h)))
(define mask (sub1 (expt 2 64)))
