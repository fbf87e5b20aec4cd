#lang racket/base
;; Rows of a table: a linear model, hidden layers, or residual blocks as in "Revisiting Deep Learning
;; Models for Tabular Data" (Gorishniy et al., 2021). Categories become vectors first. Normalisation,
;; activation and dropout are the same in all layers.

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

(define-space (tabular architecture input classes #:account account)
  "a linear model, 1 to 4 hidden layers, or 1 to 4 residual blocks"
  #:input (features 30) #:takes (features table) #:classes 2 #:max-params 100000
  #:ends-with (linear 1 classes)
  (fresh (layers rest vector model norm activation rate second-rate after)
    (architectureo architecture input layers)
    (conde [(== model 'linear)] [(== model 'plain)] [(== model 'residual)])
    (categorieso layers rest input vector account after)
    (tabular-modelo model rest vector classes after `(,norm ,activation ,rate ,second-rate))))

(defrel (categorieso layers rest in out account after)
  (fresh (n k v width)
    (conde [(== in `(,n)) (== out in) (== rest layers) (== after account)]
           [(== in `(,n ,k ,v . table)) (== layers `((category-embedding ,n ,k ,v ,width) . ,rest))
            (infd width '(1 2 4 8 16))
            (layero `(category-embedding ,n ,k ,v ,width) in out account after) (labelfd width)])))

(defrel (tabular-modelo model layers in classes account style)
  (fresh (features width rest out after)
    (== in `(,features))
    (conde [(== model 'linear) (== layers `((linear ,features ,classes)))
            (lasto `(linear ,features ,classes) in `(,classes) account)]
           [(== model 'plain) (tabular-hiddeno layers in classes account style 4)]
           [(== model 'residual) (== layers `((linear ,features ,width) . ,rest))
            (infd width '(8 16 32 64 96 128 192 256))
            (layero `(linear ,features ,width) in out account after) (labelfd width)
            (tabular-blockso rest out classes after style 4)])))

;; `more` is how many hidden layers there may be.
(defrel (tabular-hiddeno layers in classes account style more)
  (fresh (features width norm activation rate none b c d rest out fewer e f g after)
    (== in `(,features)) (== style `(,norm ,activation ,rate ,none)) (fd (= fewer (- more 1)))
    (== layers `((linear ,features ,width) . ,b)) (infd width '(8 16 32 64 128 256))
    (layero `(linear ,features ,width) in out account e) (labelfd width)
    (conde [(== norm 'none) (== b c) (== e f)] [(tabular-normo norm b c out e f)])
    (== c `(,activation . ,d))
    (tabular-activationo activation)
    (layero activation out out f g)
    (tabular-dropouto rate d rest out g after)
    (conde [(== rest `((linear ,width ,classes)))
            (lasto `(linear ,width ,classes) out `(,classes) after)]
           [(fd (> fewer 0)) (tabular-hiddeno rest out classes after style fewer)])))

(defrel (tabular-blockso layers in classes account style more)
  (fresh (width hidden factor norm activation rate second-rate b c d rest fewer after e f
          spent reserve total others)
    (== in `(,width)) (== style `(,norm ,activation ,rate ,second-rate)) (fd (= fewer (- more 1)))
    (== layers `((residual ,b ()) . ,rest))
    (infd factor '(1 2 3 4)) (fd (= hidden (* factor width)))
    (== account `((params ,spent ,reserve ,total) . ,others))    ; too wide ones fail at once
    (fd (<= (+ spent reserve (* 2 width hidden)) total))
    (tabular-normo norm b `((linear ,width ,hidden) ,activation . ,c) in '() '())
    (tabular-activationo activation)
    (tabular-dropouto rate c `((linear ,hidden ,width) . ,d) in '() '())
    (tabular-dropouto second-rate d '() in '() '())
    (layero `(residual ,b ()) in in account after) (labelfd factor)
    (conde [(tabular-normo norm rest `(,activation (linear ,width ,classes)) in after e)
            (layero activation in in e f) (lasto `(linear ,width ,classes) in `(,classes) f)]
           [(fd (> fewer 0)) (tabular-blockso rest in classes after style fewer)])))

(defrel (tabular-normo norm layers rest in account after)
  (fresh (width)
    (== in `(,width)) (== layers `((,norm ,width) . ,rest))
    (conde [(== norm 'batch-norm1d)] [(== norm 'layer-norm)])
    (layero `(,norm ,width) in in account after)))

(defrel (tabular-dropouto rate layers rest in account after)
  (conde [(== rate 0) (== rest layers) (== after account)]
         [(== layers `((dropout ,rate) . ,rest)) (layero `(dropout ,rate) in in account after)
          (conde [(== rate 0.1)] [(== rate 0.25)] [(== rate 0.5)])]))

(defrel (tabular-activationo layer)
  (conde [(== layer '(relu))] [(== layer '(gelu))] [(== layer '(silu))]))
