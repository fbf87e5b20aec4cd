#lang racket/base
;; Series: up to 5 blocks of 1-d convolutions, plain, residual, or side by side as in InceptionTime
;; (Ismail Fawaz et al., 2020); then pooling, recurrent layers or transformer blocks.

(require "../../kanren/main.rkt" "../architecture.rkt" "../heads.rkt" "../space.rkt")
(provide series-layerso)

(define-space (series architecture input classes #:account account)
  "up to 5 blocks of 1-d convolutions, then pooling, recurrent layers or transformer blocks"
  #:input (series 1 96) #:classes 5 #:max-params 100000 #:max-macs 20000000
  #:ends-with (linear 1 classes)
  (fresh (layers rest channels length kernel pooled after)
    (architectureo architecture input layers)
    (== input `(,channels ,length . series))
    (conde [(== rest layers) (== pooled input) (== after account)]
           [(== layers `((avg-pool1d ,kernel ,kernel 0) . ,rest))
            (infd kernel '(2 4 8 16)) (fd (>= length (* 16 kernel)))
            (layero `(avg-pool1d ,kernel ,kernel 0) input pooled account after) (labelfd kernel)])
    (conde [(series-layerso rest pooled classes after 5)]
           [(series-heado rest pooled classes after)])))

;; One block after another, `more` at most, then a head.
(defrel (series-layerso layers in classes account more)
  (fresh (rest pooling pooled out next fewer a b)
    (fd (= fewer (- more 1)))
    (series-blocko layers rest in out account a)
    (conde [(== rest pooled) (== next out) (== b a)]
           [(== rest `((,pooling 2 2 0) . ,pooled))
            (conde [(== pooling 'max-pool1d)] [(== pooling 'avg-pool1d)])
            (layero `(,pooling 2 2 0) out next a b)])
    (conde [(series-heado pooled next classes b)]
           [(fd (> fewer 0)) (series-layerso pooled next classes b fewer)])))

(defrel (series-blocko layers rest in out account after)
  (fresh (c length block more kernel padding stride between a)
    (== in `(,c ,length . series))
    (fd (= kernel (+ 1 (* 2 padding)))) (fd (<= kernel length))
    (conde [(plain-convolutiono block c more kernel padding stride)]
           [(== stride 1) (residual-convolutiono block c more kernel padding)]
           [(== stride 1) (parallel-convolutionso block c more kernel padding)])
    (append-layerso block `((relu) . ,rest) layers)
    (layerso block in between account a)
    (layero '(relu) between out a after)
    (labelfd more kernel stride)))

(defrel (plain-convolutiono block c more kernel padding stride)
  (fresh (convolution)
    (infd more '(8 16 32 64)) (infd kernel '(3 5 9 17)) (infd stride '(1 2))
    (== convolution `(conv1d ,c ,more ,kernel ,stride ,padding))
    (conde [(== block `(,convolution (batch-norm1d ,more)))] [(== block `(,convolution))])))

(defrel (residual-convolutiono block c more kernel padding)
  (fresh (branch shortcut)
    (infd more '(8 16 32 64)) (infd kernel '(3 5 9))
    (== block `((residual ((conv1d ,c ,more ,kernel 1 ,padding) (batch-norm1d ,more) (relu)
                           (conv1d ,more ,more ,kernel 1 ,padding) (batch-norm1d ,more))
                          ,shortcut)))
    (conde [(== shortcut '()) (== more c)]
           [(== shortcut `((conv1d ,c ,more 1 1 0))) (fd (=/= more c))])))

;; Kernels of three lengths, each about twice the one before, and a pooling, perhaps behind a
;; convolution that narrows the channels, perhaps with a residual join.
(defrel (parallel-convolutionso block c more kernel padding)
  (fresh (narrow all second third branches longest inner)
    (infd more '(4 8 16 32)) (infd kernel '(3 5 9))
    (fd (= second (+ 1 (* 2 kernel)))) (fd (= third (+ 1 (* 2 second))))
    (== branches `((concat ((conv1d ,narrow ,more ,kernel 1 ,padding))
                           ((conv1d ,narrow ,more ,second 1 ,kernel))
                           ((max-pool1d 3 1 1) (conv1d ,narrow ,more 1 1 0)) . ,longest)
                   (batch-norm1d ,all)))
    (conde [(== longest '())] [(== longest `(((conv1d ,narrow ,more ,third 1 ,second))))])
    (conde [(== inner branches) (== narrow c)]
           [(== inner `((conv1d ,c ,more 1 1 0) . ,branches)) (== narrow more) (fd (> c 1))])
    (conde [(== block inner)] [(== block `((residual ,inner ((conv1d ,c ,all 1 1 0)))))])))

(defrel (append-layerso front back whole)
  (fresh (first rest more)
    (conde [(== front '()) (== whole back)]
           [(== front `(,first . ,rest)) (== whole `(,first . ,more))
            (append-layerso rest back more)])))
