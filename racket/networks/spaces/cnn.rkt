#lang racket/base
;; Convolutional networks: 1 to 8 convolutional blocks and a linear head.

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")
(provide cnno)

(define-space (cnn architecture input classes #:account account)
  "1 to 8 convolutional blocks (normalisation, activation, pooling) and a linear head"
  #:input (1 28 28) #:classes 10 #:max-params 50000 #:ends-with (linear 1 classes)
  (cnno architecture input classes account))

(defrel (cnno architecture input classes account)
  (fresh (layers)
    (architectureo architecture input layers)
    (blockso layers input classes account 8)))

;; One convolutional block after another, then the head. `blocks` is how many more there may be.
(defrel (blockso layers in classes account blocks)
  (fresh (c h w channels kernel stride padding activation convolved pooled a b d e
          convolved-account normalised-account activated-account pooled-account)
    (== in `(,c ,h ,w))
    (== layers `((conv2d ,c ,channels ,kernel ,stride ,padding) . ,a))
    (infd channels '(8 16 24 32 48 64))
    (infd kernel '(1 3 5))
    (infd stride '(1 2))
    (fd (<= (* 2 padding) kernel))
    (layero `(conv2d ,c ,channels ,kernel ,stride ,padding) in convolved account convolved-account)
    (labelfd channels kernel stride padding)
    (normalisationo a b convolved convolved-account normalised-account)
    (== b `(,activation . ,d))
    (usual-activationo activation)
    (layero activation convolved convolved normalised-account activated-account)
    (poolingo d e convolved pooled activated-account pooled-account)
    (conde [(heado e pooled classes pooled-account)]
           [(fd (> blocks 1))
            (fresh (fewer)
              (fd (= fewer (- blocks 1)))
              (blockso e pooled classes pooled-account fewer))])))

(defrel (normalisationo layers rest shape account after)
  (fresh (layer)
    (conde [(== layers rest) (== after account)]
           [(== layers `((batch-norm2d . ,layer) . ,rest))
            (layero `(batch-norm2d . ,layer) shape shape account after)])))

(defrel (usual-activationo layer)
  (conde [(== layer '(relu))] [(== layer '(gelu))] [(== layer '(silu))] [(== layer '(leaky-relu))]))

;; Pooling halves the image; an image of one pixel is never offered any.
(defrel (poolingo layers rest in out account after)
  (fresh (c h w)
    (== in `(,c ,h ,w))
    (conde [(== layers rest) (== out in) (== after account)]
           [(== layers `((max-pool2d 2 2 0) . ,rest))
            (fd (>= h 2)) (fd (>= w 2))
            (layero '(max-pool2d 2 2 0) in out account after)]
           [(== layers `((avg-pool2d 2 2 0) . ,rest))
            (fd (>= h 2)) (fd (>= w 2))
            (layero '(avg-pool2d 2 2 0) in out account after)])))

;; The head: straight to the classes, by the mean of each channel, or through a hidden layer.
(defrel (heado layers in classes account)
  (fresh (features hidden activation width vector wide a b c d)
    (conde [(== layers `((flatten) (linear ,features ,classes)))
            (layero '(flatten) in vector account a)
            (lasto `(linear ,features ,classes) vector `(,classes) a)]
           [(mean-heado layers in classes account)]
           [(== layers `((flatten) (linear ,features ,width) ,activation (dropout 0.25)
                         (linear ,width ,classes)))
            (infd width '(32 64 128))
            (usual-activationo activation)
            (layero '(flatten) in vector account a)
            (layero `(linear ,features ,width) vector wide a b)
            (layero '(dropout 0.25) wide wide b c)
            (layero activation wide wide c d)
            (lasto `(linear ,width ,classes) wide `(,classes) d)
            (labelfd width)])))
