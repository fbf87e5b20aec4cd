#lang racket/base
;; Residual networks (He et al., 2016): a stem, 1 to 3 stages of 1 to 3 residual blocks each, and a
;; linear layer on the mean of each channel. A block that changes the shape needs a projection in its
;; second branch; one that keeps it adds its input as it is.

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

(define-space (resnet architecture input classes #:account account)
  "1 to 3 stages of 1 to 3 residual blocks, basic or bottleneck"
  #:input (3 32 32) #:classes 10 #:max-params 500000 #:ends-with (linear 1 classes)
  (fresh (channels height width layers stem rest out a b c)
    (== input `(,channels ,height ,width))
    (architectureo architecture input layers)
    (infd stem '(8 16 32))
    (== layers `((conv2d ,channels ,stem 3 1 1) (batch-norm2d ,stem) (relu) . ,rest))
    (layero `(conv2d ,channels ,stem 3 1 1) input out account a)
    (layero `(batch-norm2d ,stem) out out a b)
    (layero '(relu) out out b c)
    (labelfd stem)
    (residual-blockso rest out classes c 3 3)))

;; `stages` more stages may begin, and `blocks` more blocks may stand in this one.
(defrel (residual-blockso layers in classes account stages blocks)
  (fresh (c h w more branch block rest out fewer-blocks fewer-stages a b)
    (== in `(,c ,h ,w))
    (conde
      [(mean-heado layers in classes account)]
      [(== block `(residual ,branch ()))
       (== layers `(,block (relu) . ,rest))
       (fd (> blocks 0))
       (fd (= fewer-blocks (- blocks 1)))
       (residual-brancho branch c c 1)
       (layero block in out account a)
       (layero '(relu) out out a b)
       (residual-blockso rest out classes b stages fewer-blocks)]
      [(== block `(residual ,branch ((conv2d ,c ,more 1 2 0) (batch-norm2d ,more))))
       (== layers `(,block (relu) . ,rest))
       (fd (> stages 1))
       (fd (> h 1))
       (fd (= fewer-stages (- stages 1)))
       (infd more '(16 32 64 128))
       (fd (>= more c))
       (residual-brancho branch c more 2)
       (layero block in out account a)
       (layero '(relu) out out a b)
       (labelfd more)
       (residual-blockso rest out classes b fewer-stages 2)])))

;; The branch of a basic block, two 3×3 convolutions; or of a bottleneck, whose 3×3 convolution has a
;; quarter of the channels.
(defrel (residual-brancho branch in out stride)
  (fresh (narrow)
    (conde
      [(== branch `((conv2d ,in ,out 3 ,stride 1) (batch-norm2d ,out) (relu)
                    (conv2d ,out ,out 3 1 1) (batch-norm2d ,out)))]
      [(fd (= out (* 4 narrow)))
       (== branch `((conv2d ,in ,narrow 1 1 0) (batch-norm2d ,narrow) (relu)
                    (conv2d ,narrow ,narrow 3 ,stride 1) (batch-norm2d ,narrow) (relu)
                    (conv2d ,narrow ,out 1 1 0) (batch-norm2d ,out)))])))
