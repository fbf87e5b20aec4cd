#lang racket/base
;; HPOLib's fully connected networks (Klein and Hutter, 2019) with their training settings: 62,208 of
;; them. Two hidden layers, each with an activation and a dropout, one output; Adam without weight
;; decay for 100 epochs.

(require (only-in racket/match match) "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

;; Network -> the table's own name of it.
(define (table-key network)
  (match network
    [`(network
       (architecture
        ,_ ((linear ,_ ,units1) (,activation1) (dropout ,dropout1)
            (linear ,_ ,units2) (,activation2) (dropout ,dropout2) (linear ,_ ,_)))
       (training (adam ,rate ,_) (batch ,batch) (schedule ,schedule)))
     (format "~a|~a|~a|~a|~a|~a|~a|~a|~a" activation1 activation2 batch dropout1 dropout2 rate
             (if (eq? schedule 'constant) 'const schedule) units1 units2)]))

(define-space (fc-net architecture input classes #:account account)
  "two hidden layers with activation and dropout, and the settings of their training"
  #:input (features 9) #:classes 1 #:max-params 1000000 #:ends-with (linear 16 classes)
  #:training (training (adam (0.0005 0.001 0.005 0.01 0.05 0.1) 0)
                       (batch (8 16 32 64)) (schedule (cosine constant)))
  #:table-key table-key
  (fresh (features units1 units2 activation1 activation2 dropout1 dropout2 a b)
    (== input `(,features))
    (architectureo architecture input
                   `((linear ,features ,units1) ,activation1 ,dropout1
                     (linear ,units1 ,units2) ,activation2 ,dropout2 (linear ,units2 ,classes)))
    (hiddeno features units1 activation1 dropout1 account a)
    (hiddeno units1 units2 activation2 dropout2 a b)
    (lasto `(linear ,units2 ,classes) `(,units2) `(,classes) b)))

;; A linear layer, its activation and its dropout, whose 0.0 stands for none.
(defrel (hiddeno in units activation dropout account after)
  (fresh (a b)
    (infd units '(16 32 64 128 256 512))
    (layero `(linear ,in ,units) `(,in) `(,units) account a)
    (labelfd units)
    (activationo activation units a b)
    (its-dropouto dropout units b after)))

(defrel (activationo layer units account after)
  (conde [(== layer '(relu)) (layero '(relu) `(,units) `(,units) account after)]
         [(== layer '(tanh)) (layero '(tanh) `(,units) `(,units) account after)]))

(defrel (its-dropouto layer units account after)
  (fresh (rate)
    (== layer `(dropout ,rate))
    (conde [(== rate 0.0)] [(== rate 0.3)] [(== rate 0.6)])
    (layero `(dropout ,rate) `(,units) `(,units) account after)))
