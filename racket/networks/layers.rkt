#lang racket/base
;; Layers as relations between the layer's text, the shape that comes in, the shape that goes out and
;; the number of parameters, as PyTorch computes them.

(require "../kanren/main.rkt" "shapes.rkt")
(provide conv2do max-pool2do avg-pool2do adaptive-avg-pool2do batch-norm2do flatteno linearo
         activationo)

;; (conv2d IN OUT KERNEL STRIDE PADDING), with bias: kernel²·in·out + out parameters
(defrel (conv2do layer in out params)
  (fresh (channels-in height width channels-out height-out width-out kernel stride padding)
    (== layer `(conv2d ,channels-in ,channels-out ,kernel ,stride ,padding))
    (== in `(,channels-in ,height ,width))
    (== out `(,channels-out ,height-out ,width-out))
    (infd channels-in channels-out (interval 1 65536))
    (windowo height kernel stride padding height-out)
    (windowo width kernel stride padding width-out)
    (fd (= params (+ (* kernel kernel channels-in channels-out) channels-out)))))

;; (max-pool2d KERNEL STRIDE PADDING); PyTorch wants the padding to be at most half of the kernel
(defrel (max-pool2do layer in out)
  (fresh (kernel stride padding)
    (== layer `(max-pool2d ,kernel ,stride ,padding))
    (poolo kernel stride padding in out)))

(defrel (avg-pool2do layer in out)
  (fresh (kernel stride padding)
    (== layer `(avg-pool2d ,kernel ,stride ,padding))
    (poolo kernel stride padding in out)))

(defrel (poolo kernel stride padding in out)
  (fresh (channels height width height-out width-out)
    (== in `(,channels ,height ,width))
    (== out `(,channels ,height-out ,width-out))
    (windowo height kernel stride padding height-out)
    (windowo width kernel stride padding width-out)
    (fd (<= (* 2 padding) kernel))))

;; (adaptive-avg-pool2d SIZE): whatever comes in, SIZE × SIZE goes out
(defrel (adaptive-avg-pool2do layer in out)
  (fresh (size channels height width)
    (== layer `(adaptive-avg-pool2d ,size))
    (== in `(,channels ,height ,width))
    (== out `(,channels ,size ,size))))

;; (batch-norm2d CHANNELS): a scale and a shift for each channel
(defrel (batch-norm2do layer in out params)
  (fresh (channels height width)
    (== layer `(batch-norm2d ,channels))
    (== in `(,channels ,height ,width))
    (== out in)
    (fd (= params (* 2 channels)))))

;; (flatten): an image becomes a vector
(defrel (flatteno layer in out)
  (fresh (channels height width features)
    (== layer '(flatten))
    (== in `(,channels ,height ,width))
    (== out `(,features))
    (fd (= features (* channels height width)))))

;; (linear IN OUT), with bias: in·out + out parameters
(defrel (linearo layer in out params)
  (fresh (features-in features-out)
    (== layer `(linear ,features-in ,features-out))
    (== in `(,features-in))
    (== out `(,features-out))
    (fd (= params (+ (* features-in features-out) features-out)))))

(defrel (activationo layer)
  (conde [(== layer '(relu))]
         [(== layer '(gelu))]
         [(== layer '(silu))]
         [(== layer '(leaky-relu))]))
