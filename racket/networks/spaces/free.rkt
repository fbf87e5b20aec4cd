#lang racket/base
;; Any sequence and nesting of layers that fit, up to a depth: the space nobody could write by hand.
;; Every layer is there, with the values of `vocabularyo`; the number of layers is bounded by 12, or
;; by the budget on depth, and branches of joins hold at most 2 layers each.

(require "../../kanren/main.rkt" "../architecture.rkt" "../budget.rkt" "../shapes.rkt" "../space.rkt")
(provide vocabularyo any-layerso)

(define-space (free architecture input classes #:account account)
  "any sequence and nesting of layers that fit"
  #:input (1 28 28) #:classes 10 #:max-params 1000000
  (fresh (layers count after)
    (architectureo architecture input layers)
    (infd count (interval 1 12)) (labelfd count)
    (any-layerso layers input `(,classes) classes account after count 2)
    (settleo after)))

;; So many layers; joins nested at most `nesting` deep.
(defrel (any-layerso layers in out classes account after count nesting)
  (fresh (layer rest between account-between fewer)
    (conde
      [(== count 0) (== layers '()) (== out in) (== after account)]
      [(== layers `(,layer . ,rest))
       (fd (> count 0)) (fd (= fewer (- count 1)))
       (vocabularyo layer in classes nesting)
       (layero layer in between account account-between)
       (withino fewer between out)
       (labelfd layer)
       (any-layerso rest between out classes account-between after fewer nesting)])))

;; The layers that may stand behind a shape, and the values of their free arguments.
(defrel (vocabularyo layer in classes nesting)
  (fresh (a b c kind k s p channels d g)
    (conde
      [(== in `(,a ,b ,c))
       (conde
         [(== layer `(conv2d ,a ,channels ,k ,s ,p))
          (infd channels '(4 8 16 24 32 48 64))
          (infd k '(1 3 5 7)) (infd s '(1 2)) (infd p '(0 1 2 3))
          (fd (<= (* 2 p) k))]
         [(== layer `(conv2d ,a ,channels 3 1 ,p 2)) (infd channels '(8 16 32)) (infd p '(0 2))]
         [(== layer `(conv2d ,a ,channels 3 ,s 1 1 ,g)) (infd channels '(8 16 32 64)) (infd s '(1 2))
                                                        (infd g '(2 4 8 16 32 64))]
         [(== layer `(,kind ,k ,s ,p)) (infd k '(2 3)) (infd s '(1 2)) (infd p '(0 1))
                                       (conde [(== kind 'max-pool2d)] [(== kind 'avg-pool2d)])]
         [(== layer `(adaptive-avg-pool2d ,k)) (infd k '(1 2 4))]
         [(== layer `(batch-norm2d ,a))]
         [(== layer `(group-norm ,g ,a)) (infd g '(1 2 4 8))]
         [(== layer `(squeeze-excite ,a ,channels)) (infd channels '(2 4 8))]
         [(== layer `(patch-embed ,a ,channels ,k)) (infd channels '(16 32 64)) (infd k '(2 4 7 8))]
         [(fd (> nesting 0)) (branch-patterno layer a)])]
      [(== in `(,a ,b))
       (conde
         [(== layer `(class-token ,b))]
         [(== layer `(positional-embedding ,a ,b))]
         [(== layer `(multi-head-attention ,b ,g)) (infd g '(1 2 4))]
         [(== layer `(transformer-block ,b ,g ,channels))
          (infd g '(1 2 4)) (infd channels '(32 64 128))]
         [(== layer '(select-token))]
         [(== layer '(mean-pool))])]
      [(== layer `(linear ,d ,channels))
       (conde [(== channels classes)]
              [(infd channels '(16 32 64 128)) (fd (=/= channels classes))])]
      [(== layer `(layer-norm ,channels))] [(== layer '(flatten))] [(== layer '(dropout 0.25))]
      [(== layer '(relu))] [(== layer '(leaky-relu))] [(== layer '(gelu))] [(== layer '(silu))]
      [(== layer '(tanh))] [(== layer '(sigmoid))] [(== layer '(hardswish))])))

;; Joins of one or two layers a branch.
(defrel (branch-patterno layer channels)
  (fresh (k p more activation)
    (infd more '(4 8 16 32))
    (infd k '(1 3 5))
    (fd (= k (+ 1 (* 2 p))))
    (conde
      [(== layer `(residual ((conv2d ,channels ,channels ,k 1 ,p) (batch-norm2d ,channels)) ()))]
      [(== layer `(residual ((conv2d ,channels ,more ,k 1 ,p) (relu))
                            ((conv2d ,channels ,more 1 1 0))))]
      [(== layer `(residual ((residual ((conv2d ,channels ,channels ,k 1 ,p)) ()) (relu)) ()))]
      [(== layer `(concat ((conv2d ,channels ,more ,k 1 ,p)) ((max-pool2d 3 1 1))))]
      [(== layer `(concat () ((conv2d ,channels ,more ,k 1 ,p) (relu))))])))
