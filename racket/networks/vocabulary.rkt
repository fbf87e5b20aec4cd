#lang racket/base
;; The layers that may stand anywhere in a network, and the values of their free arguments: what the
;; space `free` is made of, and what fills holes where there is no space.

(require "../kanren/main.rkt")
(provide vocabularyo other-vocabularyo)

;; The layers that may stand behind a shape in a network of images.
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

;; The same in a network of series, tokens, a table or features.
(defrel (other-vocabularyo layer in classes nesting)
  (fresh (a b c width)
    (conde
      [(== in `(,a ,b . series)) (after-serieso layer a nesting)]
      [(== in `(,a ,b . tokens))
       (infd width '(8 16 32 64))
       (conde [(== layer `(embedding ,b ,width))] [(== layer `(embedding-bag ,b ,width))])]
      [(== in `(,a ,b ,c . table)) (== layer `(category-embedding ,a ,b ,c ,width))
                                   (infd width '(2 4 8 16))]
      [(== in `(,a ,b)) (after-sequenceo layer a b classes nesting)]
      [(== in `(,a)) (after-vectoro layer a classes nesting)])))

(defrel (after-serieso layer channels nesting)
  (fresh (more kind k s p d g)
    (conde
      [(== layer `(conv1d ,channels ,more ,k ,s ,p))
       (infd more '(4 8 16 32 64))
       (infd k '(1 3 5 7 9)) (infd s '(1 2)) (infd p '(0 1 2 3 4))
       (fd (<= (* 2 p) k))]
      [(== layer `(conv1d ,channels ,more 3 1 ,d ,d)) (infd more '(8 16 32)) (infd d '(2 4 8))]
      [(== layer `(conv1d ,channels ,more 3 ,s 1 1 ,g)) (infd more '(8 16 32 64)) (infd s '(1 2))
                                                        (infd g '(2 4 8 16 32 64))]
      [(== layer `(,kind ,k ,s ,p)) (infd k '(2 3)) (infd s '(1 2)) (infd p '(0 1))
                                    (conde [(== kind 'max-pool1d)] [(== kind 'avg-pool1d)])]
      [(== layer `(,kind ,k)) (infd k '(1 2 4))
                              (conde [(== kind 'adaptive-avg-pool1d)]
                                     [(== kind 'adaptive-max-pool1d)])]
      [(== layer `(batch-norm1d ,channels))]
      [(== layer `(group-norm ,g ,channels)) (infd g '(1 2 4 8))]
      [(== layer '(to-sequence))]
      [(fd (> nesting 0)) (series-brancho layer channels)]
      [(after-anyo layer)])))

(defrel (after-sequenceo layer tokens width classes nesting)
  (fresh (kind hidden heads directions)
    (conde
      [(== layer `(,kind ,width ,hidden ,directions))
       (infd hidden '(16 32 64)) (infd directions '(1 2))
       (conde [(== kind 'gru)] [(== kind 'lstm)])]
      [(== layer `(,kind ,width ,heads))
       (infd heads '(1 2 4))
       (conde [(== kind 'multi-head-attention)] [(== kind 'causal-attention)])]
      [(== layer `(,kind ,width ,heads ,hidden))
       (infd heads '(1 2 4)) (infd hidden '(32 64 128))
       (conde [(== kind 'transformer-block)] [(== kind 'causal-transformer-block)])]
      [(== layer `(positional-embedding ,tokens ,width))]
      [(== layer `(class-token ,width))]
      [(== layer '(select-token))] [(== layer '(last-token))] [(== layer '(mean-pool))]
      [(== layer `(last-state ,directions)) (infd directions '(1 2))]
      [(== layer '(to-series))]
      [(fd (> nesting 0)) (vector-brancho layer width)]
      [(linear-or-normo layer width classes)]
      [(after-anyo layer)])))

(defrel (after-vectoro layer features classes nesting)
  (conde
    [(linear-or-normo layer features classes)]
    [(== layer `(batch-norm1d ,features))]
    [(fd (> nesting 0)) (vector-brancho layer features)]
    [(after-anyo layer)]))

(defrel (linear-or-normo layer features classes)
  (fresh (more)
    (conde
      [(== layer `(linear ,features ,more))
       (conde [(== more classes)]
              [(infd more '(16 32 64 128)) (fd (=/= more classes))])]
      [(== layer `(layer-norm ,features))])))

(defrel (after-anyo layer)
  (conde
    [(== layer '(flatten))] [(== layer '(dropout 0.25))]
    [(== layer '(relu))] [(== layer '(leaky-relu))] [(== layer '(gelu))] [(== layer '(silu))]
    [(== layer '(tanh))] [(== layer '(sigmoid))] [(== layer '(hardswish))]))

;; Joins, likewise.
(defrel (series-brancho layer channels)
  (fresh (k p more)
    (infd more '(4 8 16 32))
    (infd k '(3 5 9))
    (fd (= k (+ 1 (* 2 p))))
    (conde
      [(== layer `(residual ((conv1d ,channels ,channels ,k 1 ,p) (batch-norm1d ,channels)) ()))]
      [(== layer `(concat ((conv1d ,channels ,more ,k 1 ,p)) ((max-pool1d 3 1 1))))]
      [(== layer `(concat () ((conv1d ,channels ,more ,k 1 ,p) (relu))))])))

(defrel (vector-brancho layer width)
  (fresh (more)
    (infd more '(16 32 64))
    (conde
      [(== layer `(residual ((linear ,width ,more) (relu) (linear ,more ,width)) ()))]
      [(== layer `(residual ((layer-norm ,width) (linear ,width ,width) (gelu)) ()))])))
