#lang racket/base
;; How a layer changes the size of an image: the sliding window of convolution and pooling.

(require "../kanren/main.rkt")
(provide windowo)

;; A shape is a list of sizes: (CHANNELS HEIGHT WIDTH) for images, (FEATURES) for vectors. Any size may
;; be unknown. Images have no side longer than this.
(define longest-side 65536)

;; size → out: a window of `kernel` pixels moves over a side of `size` pixels, `padding` pixels added at
;; both ends, `stride` pixels at a time:  out = floor((size + 2·padding − kernel) / stride) + 1
;; (PyTorch, torch.nn.Conv2d and torch.nn.MaxPool2d, with dilation 1). The window fits at least once.
(defrel (windowo size kernel stride padding out)
  (fresh (room)
    (infd size kernel stride out (interval 1 longest-side))
    (infd padding room (interval 0 longest-side))
    (fd (= room (- (+ size (* 2 padding)) kernel)))
    (fd (= (- out 1) (quotient room stride)))))
