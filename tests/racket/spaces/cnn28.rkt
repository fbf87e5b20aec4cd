#lang racket/base
;; CNN-28's networks of one or two convolutions as a search space: it holds exactly 35,989.
(require "../../../racket/main.rkt")

(define-space (cnn28 architecture input classes #:account account)
  "one or two convolutions, a pooling and a hidden layer"
  #:input (1 28 28) #:classes 10 #:max-params 50000
  (fresh (layers)
    (architectureo architecture input layers)
    (cnn28-layerso layers input classes account 2)))

(defrel (cnn28-layerso layers in classes account more)
  (fresh (c h w k s p channels out side rest fewer after)
    (== in `(,c ,h ,w))
    (fd (> more 0))
    (fd (= fewer (- more 1)))
    (== layers `((conv2d ,c ,channels ,k ,s ,p) . ,rest))
    (infd k '(1 3 5 7)) (infd s '(1 2)) (infd p '(0 1 2 3)) (infd channels '(4 8 16 32))
    (== out `(,channels ,side ,side))
    (layero `(conv2d ,c ,channels ,k ,s ,p) in out account after)
    (fd (<= (* side side channels) 4096))
    (labelfd channels k s p)
    (conde [(cnn28-heado rest out classes after)]
           [(cnn28-layerso rest out classes after fewer)])))

(defrel (cnn28-heado layers in classes account)
  (fresh (q f h pooled vector hidden a b c)
    (infd q '(1 2))
    (infd h '(16 32 64 128))
    (== layers `((max-pool2d ,q ,q 0) (flatten) (linear ,f ,h) (linear ,h ,classes)))
    (layero `(max-pool2d ,q ,q 0) in pooled account a)
    (layero '(flatten) pooled vector a b)
    (layero `(linear ,f ,h) vector hidden b c)
    (lasto `(linear ,h ,classes) hidden `(,classes) c)
    (labelfd q h)))
