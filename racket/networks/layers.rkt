#lang racket/base
;; Layers as relations between the layer's text, the shape that comes in, the shape that goes out and
;; the number of parameters, as PyTorch computes them; and their multiply-adds, where they have some.

(require "../kanren/main.rkt" "layer-list.rkt" "shapes.rkt")
(provide torch-layers conv2do max-pool2do avg-pool2do adaptive-avg-pool2do batch-norm2do group-normo
         layer-normo flatteno linearo dropouto)

;; The order is that in which an unknown layer becomes each of them.
(define-layers torch-layers
  [conv2d (conv2do layer in out params) #:macs (conv2d-macso out params macs)]
  [max-pool2d (max-pool2do layer in out)]
  [avg-pool2d (avg-pool2do layer in out)]
  [adaptive-avg-pool2d (adaptive-avg-pool2do layer in out)]
  [batch-norm2d (batch-norm2do layer in out params)]
  [group-norm (group-normo layer in out params)]
  [layer-norm (layer-normo layer in out params)]
  [flatten (flatteno layer in out)]
  [linear (linearo layer in out params) #:macs (linear-macso layer in macs)]
  [dropout (dropouto layer)]
  [relu] [leaky-relu] [gelu] [silu] [tanh] [sigmoid] [hardswish])

;; (conv2d IN OUT KERNEL STRIDE PADDING [DILATION [GROUPS]]), with bias:
;; kernel²·(in/groups)·out + out parameters. Trailing arguments that equal 1 are left out, so that a
;; layer has one text. GROUPS divides IN and OUT; GROUPS = IN is a depthwise convolution.
(defrel (conv2do layer in out params)
  (fresh (channels-in height width channels-out height-out width-out kernel stride padding)
    (== in `(,channels-in ,height ,width))
    (== out `(,channels-out ,height-out ,width-out))
    (infd channels-in channels-out (interval 1 largest-number))
    (conde
      [(== layer `(conv2d ,channels-in ,channels-out ,kernel ,stride ,padding))
       (windowo height kernel stride padding height-out)
       (windowo width kernel stride padding width-out)
       (fd (= params (+ (* kernel kernel channels-in channels-out) channels-out)))]
      [(fresh (dilation)
         (== layer `(conv2d ,channels-in ,channels-out ,kernel ,stride ,padding ,dilation))
         (fd (> dilation 1))
         (dilated-windowo height kernel stride padding dilation height-out)
         (dilated-windowo width kernel stride padding dilation width-out)
         (fd (= params (+ (* kernel kernel channels-in channels-out) channels-out))))]
      [(fresh (dilation groups group-in group-out)
         (== layer `(conv2d ,channels-in ,channels-out ,kernel ,stride ,padding ,dilation ,groups))
         (infd groups (interval 2 largest-number))
         (infd group-in group-out (interval 1 largest-number))
         (fd (= channels-in (* groups group-in)))
         (fd (= channels-out (* groups group-out)))
         (dilated-windowo height kernel stride padding dilation height-out)
         (dilated-windowo width kernel stride padding dilation width-out)
         (fd (= params (+ (* kernel kernel group-in channels-out) channels-out))))])))

;; A weight is used once for each pixel that goes out; params says how many weights there are.
(defrel (conv2d-macso out params macs)
  (fresh (channels height width)
    (== out `(,channels ,height ,width))
    (fd (= macs (* (- params channels) height width)))))

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
    (== out `(,channels ,size ,size))
    (infd size (interval 1 largest-number))))

;; (batch-norm2d CHANNELS): a scale and a shift for each channel
(defrel (batch-norm2do layer in out params)
  (fresh (channels height width)
    (== layer `(batch-norm2d ,channels))
    (== in `(,channels ,height ,width))
    (== out in)
    (fd (= params (* 2 channels)))))

;; (group-norm GROUPS CHANNELS): GROUPS divides CHANNELS; a scale and a shift for each channel
(defrel (group-normo layer in out params)
  (fresh (groups channels height width size)
    (== layer `(group-norm ,groups ,channels))
    (conde [(== in `(,channels ,height ,width))]
           [(== in `(,channels ,width . series))])
    (== out in)
    (infd groups size channels (interval 1 largest-number))
    (fd (= channels (* groups size)))
    (fd (= params (* 2 channels)))))

;; (layer-norm WIDTH) of a vector, or of each token of a sequence
(defrel (layer-normo layer in out params)
  (fresh (width tokens)
    (== layer `(layer-norm ,width))
    (== out in)
    (fd (= params (* 2 width)))
    (conde [(== in `(,width))]
           [(== in `(,tokens ,width))])))

;; (flatten): an image, a series or a sequence becomes a vector; a vector stays what it is
(defrel (flatteno layer in out)
  (fresh (a b c features)
    (== layer '(flatten))
    (== out `(,features))
    (conde [(== in `(,a ,b ,c)) (fd (= features (* a b c)))]
           [(== in `(,a ,b)) (fd (= features (* a b)))]
           [(== in `(,a ,b . series)) (fd (= features (* a b)))]
           [(== in `(,features))])))

;; (linear IN OUT), with bias: in·out + out parameters; of a vector, or of each token of a sequence
(defrel (linearo layer in out params)
  (fresh (features-in features-out tokens)
    (== layer `(linear ,features-in ,features-out))
    (fd (= params (+ (* features-in features-out) features-out)))
    (conde [(== in `(,features-in)) (== out `(,features-out))]
           [(== in `(,tokens ,features-in)) (== out `(,tokens ,features-out))])))

;; A weight is used once for each vector.
(defrel (linear-macso layer in macs)
  (fresh (features-in features-out tokens)
    (== layer `(linear ,features-in ,features-out))
    (conde [(== in `(,features-in)) (fd (= macs (* features-in features-out)))]
           [(== in `(,tokens ,features-in)) (fd (= macs (* tokens features-in features-out)))])))

;; (dropout P) keeps every shape as it is.
(defrel (dropouto layer)
  (fresh (p)
    (== layer `(dropout ,p))
    (numbero p)))
