#lang racket/base
;; Texts to sort: the mean of all tokens' vectors with up to 2 hidden layers, or 1-d convolutions,
;; recurrent layers or transformer blocks on the vectors.

(require "../../kanren/main.rkt" "../architecture.rkt" "../heads.rkt" "../space.rkt"
         (only-in "series.rkt" series-layerso))

(define-space (text architecture input classes #:account account)
  "embedded tokens, then their mean, 1-d convolutions, recurrent layers or transformer blocks"
  #:input (tokens 32 64) #:classes 5 #:max-params 500000 #:max-macs 20000000
  #:ends-with (linear 1 classes)
  (fresh (layers tokens words width rest embedded series a b)
    (== input `(,tokens ,words . tokens))
    (architectureo architecture input layers)
    (infd width '(8 16 32 64 128))
    (conde
      [(== layers `((embedding-bag ,words ,width) . ,rest))
       (layero `(embedding-bag ,words ,width) input embedded account a)
       (labelfd width)
       (bag-heado rest embedded classes a 2)]
      [(== layers `((embedding ,words ,width) (to-series) . ,rest))
       (layero `(embedding ,words ,width) input embedded account a)
       (layero '(to-series) embedded series a b)
       (labelfd width)
       (series-layerso rest series classes b 3)]
      [(== layers `((embedding ,words ,width) . ,rest))
       (layero `(embedding ,words ,width) input embedded account a)
       (labelfd width)
       (sequence-heado rest embedded classes a)])))

;; Hidden layers, `more` at most, and the last one.
(defrel (bag-heado layers in classes account more)
  (fresh (features width activation rest out fewer a b)
    (== in `(,features))
    (conde
      [(vector-heado layers in classes account)]
      [(== layers `((linear ,features ,width) ,activation . ,rest))
       (fd (> more 0)) (fd (= fewer (- more 1)))
       (infd width '(16 32 64 128))
       (layero `(linear ,features ,width) in out account a)
       (labelfd width)
       (conde [(== activation '(relu))] [(== activation '(gelu))] [(== activation '(tanh))])
       (layero activation out out a b)
       (bag-heado rest out classes b fewer)])))
