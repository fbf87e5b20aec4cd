#lang racket/base
;; What layers cost, and budgets on the whole: parameters, multiply-adds, activations, depth.

(require racket/string "../kanren/main.rkt" "shapes.rkt")
(provide endless quantities budgets->text macso chargeo settleo freeo)

;; An Account is a list of entries (QUANTITY SPENT RESERVE TOTAL), one for each quantity that is kept
;; count of, in the order of `quantities`:
;;   SPENT    by the layers so far
;;   RESERVE  what the layers that must still come cost at least
;;   TOTAL    of the whole network; its domain is the budget
;; Quantities, for one image:
;;   params       numbers that are learned
;;   macs         multiply-adds of convolutions, linear layers and attention; those of normalisations,
;;                pooling, activations and biases are left out, as is usual
;;   activations  numbers that the layers give, all layers together
;;   depth        layers in the text, those inside branches included
(define quantities '(params macs activations depth))

;; Budgets, lists (QUANTITY LEAST MOST), in a person's words; those that are a space's own say so.
(define (budgets->text budgets #:own [own '()])
  (string-join
   (for*/list ([q (in-list quantities)]
               [word (in-value (case q [(params) "parameters"] [(macs) "MACs"] [(depth) "layers"]
                                 [else q]))]
               [b (in-value (assq q budgets))] #:when b
               [bound (in-list (list (and (> (cadr b) 0) (format "at least ~a" (cadr b)))
                                     (and (< (caddr b) endless) (format "at most ~a" (caddr b)))))]
               #:when bound)
     (format "~a ~a~a" bound word
             (if (member b own)
                 (format " (the space's own budget; --max-~a asks for another)" q)
                 "")))
   ", "))

(define endless 1000000000000000)      ; more than any network costs

;; Charges a layer to an account. A network that cannot keep within a budget fails here, while it is
;; still partial. Parameters stand first where more than they are kept count of.
(defrel (chargeo layer in out params account after)
  (fresh (spent next reserve total second rest rest-after)
    (conde
      [(== account `((params ,spent ,reserve ,total)))        ; the usual case, in one step
       (== after `((params ,next ,reserve ,total)))
       (fd (= next (+ spent params)))
       (fd (<= (+ next reserve) total))]
      [(== account '()) (== after '())]
      [(== account `((params ,spent ,reserve ,total) ,second . ,rest))
       (== after `((params ,next ,reserve ,total) . ,rest-after))
       (fd (= next (+ spent params)))
       (fd (<= (+ next reserve) total))
       (charge-otherso layer in out params `(,second . ,rest) rest-after)])))

(defrel (charge-otherso layer in out params account after)
  (fresh (quantity spent next reserve total rest rest-after cost)
    (conde
      [(== account '()) (== after '())]
      [(== account `((,quantity ,spent ,reserve ,total) . ,rest))
       (== after `((,quantity ,next ,reserve ,total) . ,rest-after))
       (fd (= next (+ spent cost)))
       (fd (<= (+ next reserve) total))
       (conde [(== quantity 'macs) (macso layer in out params cost)]
              [(== quantity 'activations) (sizeo out cost)]
              [(== quantity 'depth) (== cost 1)])
       (charge-otherso layer in out params rest rest-after)])))

;; Nothing more will come: what was spent is the total.
(defrel (settleo account)
  (fresh (quantity spent reserve rest)
    (conde [(== account '())]
           [(== account `((,quantity ,spent ,reserve ,spent) . ,rest))
            (settleo rest)])))

;; The same account without reserves: for the last layers, which are what was reserved for.
(defrel (freeo account open)
  (fresh (quantity spent reserve total rest rest-open)
    (conde [(== account '()) (== open '())]
           [(== account `((,quantity ,spent ,reserve ,total) . ,rest))
            (== open `((,quantity ,spent 0 ,total) . ,rest-open))
            (freeo rest rest-open)])))

;; The multiply-adds of a layer. A weight of a convolution is used once for each pixel that goes
;; out, one of a linear layer once for each vector; params says how many weights there are.
(defrel (macso layer in out params macs)
  (fresh (kind a b c d e f rest height width tokens)
    (== layer `(,kind . ,rest))
    (conde
      [(== kind 'conv2d)
       (== out `(,a ,height ,width))
       (fd (= macs (* (- params a) height width)))]
      [(== layer `(linear ,a ,b))
       (conde [(== in `(,a)) (fd (= macs (* a b)))]
              [(== in `(,tokens ,a)) (fd (= macs (* tokens a b)))])]
      [(== layer `(squeeze-excite ,a ,b))
       (fd (= macs (* 2 a b)))]
      [(== layer `(patch-embed ,a ,b ,c))
       (== out `(,tokens ,b))
       (fd (= macs (* (- params b) tokens)))]
      [(== layer `(multi-head-attention ,a ,b))
       (== in `(,tokens ,a))
       (attention-macso tokens a macs)]
      [(== layer `(transformer-block ,a ,b ,c))
       (== in `(,tokens ,a))
       (attention-macso tokens a d)
       (fd (= macs (+ d (* 2 tokens a c))))]
      [(== layer `(cell ,a ,b ,c ,d ,e ,f))
       (cell-macso in params macs)]
      [(without-macso kind) (== macs 0)])))

;; Queries, keys, values and the result are 4 linear layers; scores and their sums are products of
;; each token with each.
(defrel (attention-macso tokens width macs)
  (fd (= macs (+ (* 4 tokens width width) (* 2 tokens tokens width)))))

;; Stem 9·16·C, two residual blocks 3584 each, and 3840 for each convolution of kernel 1, 34560 for
;; each of kernel 3, at every pixel of the image. Every weight of the cells' convolutions is used at
;; 1, 1/4 or 1/16 of the pixels as the channels double: the convolutions of a stage have equal
;; multiply-adds.
(defrel (cell-macso in params macs)
  (fresh (channels height width small large)
    (== in `(,channels ,height ,width))
    (infd small large (interval 0 6))
    (fd (= params (+ (* 144 channels) 72224 (* 28000 small) (* 243040 large))))
    (fd (= macs (* (+ (* 144 channels) 7168 (* 3840 small) (* 34560 large)) height width)))))

(defrel (without-macso kind)
  (conde [(== kind 'max-pool2d)] [(== kind 'avg-pool2d)] [(== kind 'adaptive-avg-pool2d)]
         [(== kind 'batch-norm2d)] [(== kind 'group-norm)] [(== kind 'layer-norm)]
         [(== kind 'flatten)] [(== kind 'dropout)] [(== kind 'relu)] [(== kind 'gelu)]
         [(== kind 'silu)] [(== kind 'leaky-relu)] [(== kind 'tanh)] [(== kind 'sigmoid)]
         [(== kind 'hardswish)] [(== kind 'class-token)] [(== kind 'positional-embedding)]
         [(== kind 'select-token)] [(== kind 'mean-pool)] [(== kind 'residual)] [(== kind 'concat)]))
