#lang racket/base
;; Convolutional networks: 1 to 8 convolutional blocks and a linear head.

(require "../../kanren/main.rkt" "../layers.rkt" "../space.rkt")
(provide cnno)

(define-space (cnn architecture input classes parameters)
  "1 to 8 convolutional blocks (normalisation, activation, pooling) and a linear head"
  #:input (1 28 28) #:classes 10 #:max-params 50000
  (cnno architecture input classes parameters))

(defrel (cnno architecture input classes total)
  (fresh (channels height width layers)
    (== input `(,channels ,height ,width))
    (== architecture `(architecture (input ,channels ,height ,width) ,layers))
    (blockso layers input classes 0 total 8)))

;; One convolutional block after another, then the head. `spent` counts the parameters of the layers
;; so far, `total` those of the whole network, `blocks` how many more there may be.
(defrel (blockso layers in classes spent total blocks)
  (fresh (c h w channels kernel stride padding convolved normalised pooled
          a b d e params norm-params spent1 spent2)
    (== in `(,c ,h ,w))
    (== layers `((conv2d ,c ,channels ,kernel ,stride ,padding) . ,a))
    (infd channels '(8 16 24 32 48 64))
    (infd kernel '(1 3 5))
    (infd stride '(1 2))
    (fd (<= (* 2 padding) kernel))
    (conv2do `(conv2d ,c ,channels ,kernel ,stride ,padding) in convolved params)
    (fd (= spent1 (+ spent params)))
    (at-leasto total spent1 classes)
    (labelfd channels kernel stride padding)
    (normalisationo a b convolved norm-params)
    (fd (= spent2 (+ spent1 norm-params)))
    (fresh (activation)
      (== b `(,activation . ,d))
      (activationo activation))
    (poolingo d e convolved pooled)
    (at-leasto total spent2 classes)
    (conde [(heado e pooled classes spent2 total)]
           [(fd (> blocks 1))
            (fresh (fewer)
              (fd (= fewer (- blocks 1)))
              (blockso e pooled classes spent2 total fewer))])))

;; What must still come: a linear layer from one feature at least.
(defrel (at-leasto total spent classes)
  (fd (>= total (+ spent (* 2 classes)))))

(defrel (normalisationo layers rest shape params)
  (fresh (layer)
    (conde [(== layers rest) (== params 0)]
           [(== layers `(,layer . ,rest)) (batch-norm2do layer shape shape params)])))

(defrel (poolingo layers rest in out)
  (conde [(== layers rest) (== out in)]
         [(== layers `((max-pool2d 2 2 0) . ,rest)) (max-pool2do '(max-pool2d 2 2 0) in out)]
         [(== layers `((avg-pool2d 2 2 0) . ,rest)) (avg-pool2do '(avg-pool2d 2 2 0) in out)]))

;; The head: straight to the classes, by the mean of each channel, or through a hidden layer.
(defrel (heado layers in classes spent total)
  (fresh (pool hidden activation width vector flat params params1 params2)
    (conde [(== layers `((flatten) (linear . ,flat)))
            (flatteno '(flatten) in vector)
            (linearo `(linear . ,flat) vector `(,classes) params)
            (fd (= total (+ spent params)))]
           [(== layers `(,pool (flatten) (linear . ,flat)))
            (== pool '(adaptive-avg-pool2d 1))
            (fresh (pooled)
              (adaptive-avg-pool2do pool in pooled)
              (flatteno '(flatten) pooled vector)
              (linearo `(linear . ,flat) vector `(,classes) params)
              (fd (= total (+ spent params))))]
           [(== layers `((flatten) ,hidden ,activation (dropout 0.25) (linear ,width ,classes)))
            (infd width '(32 64 128))
            (flatteno '(flatten) in vector)
            (linearo hidden vector `(,width) params1)
            (linearo `(linear ,width ,classes) `(,width) `(,classes) params2)
            (fd (= total (+ spent params1 params2)))
            (labelfd width)
            (activationo activation)])))
