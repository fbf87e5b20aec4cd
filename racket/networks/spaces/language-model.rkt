#lang racket/base
;; Language models like GPT (Radford et al., 2019): embedded tokens and places, 1 to 6 transformer
;; blocks in which a token sees those before it, normalisation, and a linear layer that gives each
;; token a number for each token that may come next. Each block has heads and hidden features of its
;; own. The last layers, which cost as much as the first, are charged before the blocks.

(require "../../kanren/main.rkt" "../architecture.rkt" "../budget.rkt" "../space.rkt")

(define-space (language-model architecture input classes #:account account)
  "1 to 6 causal transformer blocks on embedded tokens, and an output of each token"
  #:input (tokens 64 96) #:gives sequence #:classes 96 #:max-params 500000 #:max-macs 50000000
  (fresh (layers tokens words width rest embedded placed a b c d)
    (== input `(,tokens ,words . tokens))
    (architectureo architecture input layers)
    (== layers `((embedding ,words ,width) (positional-embedding ,tokens ,width) . ,rest))
    (infd width '(16 32 48 64 96 128 192 256))
    (layero `(embedding ,words ,width) input embedded account a)
    (layero `(positional-embedding ,tokens ,width) embedded placed a b)
    (layero `(layer-norm ,width) placed placed b c)
    (layero `(linear ,width ,classes) placed `(,tokens ,classes) c d)
    (labelfd width)
    (causal-blockso rest placed classes d 6)))

;; `more` is how many blocks there may still be.
(defrel (causal-blockso layers in classes account more)
  (fresh (tokens width heads ratio hidden rest fewer after)
    (== in `(,tokens ,width))
    (== layers `((causal-transformer-block ,width ,heads ,hidden) . ,rest))
    (fd (= fewer (- more 1)))
    (infd heads '(1 2 4 8)) (infd ratio '(1 2 3 4)) (fd (= hidden (* ratio width)))
    (layero `(causal-transformer-block ,width ,heads ,hidden) in in account after)
    (labelfd heads ratio)
    (conde [(== rest `((layer-norm ,width) (linear ,width ,classes))) (settleo after)]
           [(fd (> fewer 0)) (causal-blockso rest in classes after fewer)])))
