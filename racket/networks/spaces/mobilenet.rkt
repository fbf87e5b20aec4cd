#lang racket/base
;; MobileNet (Sandler et al., 2018): inverted residuals. A 1×1 convolution widens the channels, a
;; depthwise one mixes pixels, a 1×1 one narrows them again; a squeeze-excite may stand between. A
;; block that keeps the shape adds its input.

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

(define-space (mobilenet architecture input classes #:account account)
  "1 to 5 inverted residual blocks with depthwise convolutions"
  #:input (3 32 32) #:classes 10 #:max-params 200000 #:ends-with (linear 1 classes)
  (fresh (channels height width layers stem rest out a b)
    (== input `(,channels ,height ,width))
    (architectureo architecture input layers)
    (infd stem '(8 16 24))
    (== layers `((conv2d ,channels ,stem 3 2 1) (hardswish) . ,rest))
    (layero `(conv2d ,channels ,stem 3 2 1) input out account a)
    (layero '(hardswish) out out a b)
    (labelfd stem)
    (inverted-blockso rest out classes b 5)))

(defrel (inverted-blockso layers in classes account blocks)
  (fresh (c h w out-channels expansion wide kernel padding stride block rest out fewer squeezed a)
    (== in `(,c ,h ,w))
    (fd (> blocks 0))
    (fd (= fewer (- blocks 1)))
    (infd expansion '(2 3 4 6))
    (infd kernel '(3 5))
    (fd (= kernel (+ 1 (* 2 padding))))
    (fd (= wide (* expansion c)))
    (conde
      [(infd out-channels '(8 16 24 32 48 64)) (infd stride '(1 2))
       (conde [(== stride 2)] [(== stride 1) (fd (=/= out-channels c))])
       (== layers `((conv2d ,c ,wide 1 1 0) (hardswish)
                    (conv2d ,wide ,wide ,kernel ,stride ,padding 1 ,wide) (batch-norm2d ,wide)
                    (hardswish) (conv2d ,wide ,out-channels 1 1 0) . ,rest))
       (layerso `((conv2d ,c ,wide 1 1 0) (hardswish)
                  (conv2d ,wide ,wide ,kernel ,stride ,padding 1 ,wide) (batch-norm2d ,wide)
                  (hardswish) (conv2d ,wide ,out-channels 1 1 0))
                in out account a)]
      [(== squeezed c)
       (== block `(residual ((conv2d ,c ,wide 1 1 0) (hardswish)
                             (conv2d ,wide ,wide ,kernel 1 ,padding 1 ,wide)
                             (squeeze-excite ,wide ,squeezed) (hardswish)
                             (conv2d ,wide ,c 1 1 0)) ()))
       (== layers `(,block . ,rest))
       (layero block in out account a)])
    (labelfd expansion kernel stride out-channels)
    (after-invertedo rest out classes a fewer)))

(defrel (after-invertedo layers in classes account blocks)
  (conde [(mean-heado layers in classes account)]
         [(inverted-blockso layers in classes account blocks)]))
