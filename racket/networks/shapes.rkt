#lang racket/base
;; Shapes, and how a sliding window changes the size of an image.

(require "../kanren/main.rkt")
(provide windowo dilated-windowo sizeo withino largest-number)

;; A shape is a list of sizes that ends with its kind (shape-kinds.rkt). Any size may be unknown. No
;; number of a text is larger than this.
(define largest-number 999999999)

;; size → out: a window of `kernel` pixels moves over a side of `size` pixels, `padding` pixels added
;; at both ends, `stride` pixels at a time:  out = floor((size + 2·padding − kernel) / stride) + 1
;; (PyTorch, torch.nn.Conv2d and torch.nn.MaxPool2d, with dilation 1). The window fits at least once.
(defrel (windowo size kernel stride padding out)
  (fresh (room)
    (infd size kernel stride out (interval 1 largest-number))
    (infd padding room (interval 0 largest-number))
    (fd (= room (- (+ size (* 2 padding)) kernel)))
    (fd (= (- out 1) (quotient room stride)))))

;; As windowo, with `dilation` pixels from one pixel of the window to the next.
(defrel (dilated-windowo size kernel stride padding dilation out)
  (fresh (room)
    (infd size kernel stride dilation out (interval 1 largest-number))
    (infd padding room (interval 0 largest-number))
    (fd (= room (- (+ size (* 2 padding)) (+ 1 (* dilation (- kernel 1))))))
    (fd (= (- out 1) (quotient room stride)))))

;; How many numbers a shape holds.
(defrel (sizeo shape size)
  (fresh (a b c)
    (conde [(== shape `(,a)) (fd (= size a))]
           [(== shape `(,a ,b)) (fd (= size (* a b)))]
           [(== shape `(,a ,b ,c)) (fd (= size (* a b c)))]
           [(== shape `(,a ,b . series)) (fd (= size (* a b)))])))

;; `count` layers may lead from a shape to another: an image becomes a vector in two, such as flatten
;; and linear, or in one where its numbers are as many as the vector's; a sequence needs one, and so
;; do a series, tokens and a row of a table. Nothing becomes an image again.
(defrel (withino count shape out)
  (fresh (a b c d e f)
    (conde
      [(== shape `(,a)) (== out `(,d))]
      [(== shape `(,a ,b))
       (conde [(== out `(,d ,e))]
              [(== out `(,d)) (fd (> count 0))]
              [(== out `(,d ,e . series)) (fd (> count 0))])]
      [(== shape `(,a ,b ,c))
       (conde [(== out `(,d ,e ,f))]
              [(== out `(,d ,e)) (fd (> count 0))]
              [(== out `(,d)) (conde [(fd (> count 1))] [(== count 1) (fd (= d (* a b c)))])])]
      [(== shape `(,a ,b . series))
       (conde [(== out `(,d ,e . series))]
              [(== out `(,d ,e)) (fd (> count 0))]
              [(== out `(,d)) (fd (> count 0))])]
      [(== shape `(,a ,b . tokens))
       (conde [(== out `(,d ,e))] [(== out `(,d))] [(== out `(,d ,e . series)) (fd (> count 1))])
       (fd (> count 0))]
      [(== shape `(,a ,b ,c . table)) (== out `(,d)) (fd (> count 0))])))
