#lang racket/base
;; Multilayer perceptrons: an image or a series as one vector, 0 to 4 hidden layers, the classes.

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

(define-space (mlp architecture input classes #:account account)
  "0 to 4 hidden linear layers, each with an activation"
  #:input (1 28 28) #:takes (image features series) #:classes 10
  #:max-params 500000 #:ends-with (linear 1 classes)
  (fresh (layers rest vector flattened)
    (architectureo architecture input layers)
    (== layers `((flatten) . ,rest))
    (layero '(flatten) input vector account flattened)
    (hidden-layerso rest vector classes flattened 4)))

;; `more` is how many hidden layers there may still be.
(defrel (hidden-layerso layers in classes account more)
  (fresh (features width activation rest out a b c fewer)
    (== in `(,features))
    (conde
      [(== layers `((linear ,features ,classes)))
       (lasto `(linear ,features ,classes) in `(,classes) account)]
      [(== layers `((linear ,features ,width) ,activation . ,rest))
       (fd (> more 0))
       (fd (= fewer (- more 1)))
       (infd width '(8 16 32 64 128 256 512))
       (layero `(linear ,features ,width) in out account a)
       (labelfd width)
       (hidden-activationo activation)
       (layero activation out out a b)
       (perhaps-dropouto rest out classes b fewer)])))

(defrel (perhaps-dropouto layers in classes account more)
  (fresh (rest after)
    (conde
      [(hidden-layerso layers in classes account more)]
      [(== layers `((dropout 0.25) . ,rest))
       (layero '(dropout 0.25) in in account after)
       (hidden-layerso rest in classes after more)])))

(defrel (hidden-activationo layer)
  (conde [(== layer '(relu))] [(== layer '(gelu))] [(== layer '(tanh))] [(== layer '(sigmoid))]))
