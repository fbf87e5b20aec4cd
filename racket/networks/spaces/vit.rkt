#lang racket/base
;; Vision transformers (Dosovitskiy et al., 2021): patches as tokens, a class token or the mean of all
;; tokens, 1 to 6 transformer blocks, normalisation, and a linear layer. Each block has heads and
;; hidden features of its own (as in AutoFormer, Chen et al., 2021).

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

(define-space (vit architecture input classes #:account account)
  "1 to 6 transformer blocks on patches, with a class token or a mean"
  #:input (3 32 32) #:classes 10 #:max-params 500000 #:ends-with (linear 1 classes)
  (fresh (channels height width layers dim patch tokens more token rest patches with-token out pool
          a b c)
    (== input `(,channels ,height ,width))
    (architectureo architecture input layers)
    (infd dim '(32 48 64 96))
    (infd patch '(2 4 7 8))
    (layero `(patch-embed ,channels ,dim ,patch) input patches account a)
    (labelfd dim patch)
    (== patches `(,tokens ,dim))
    (conde
      [(== layers `((patch-embed ,channels ,dim ,patch) (class-token ,dim)
                    (positional-embedding ,more ,dim) . ,rest))
       (== pool '(select-token))
       (layero `(class-token ,dim) patches with-token a b)]
      [(== layers `((patch-embed ,channels ,dim ,patch)
                    (positional-embedding ,more ,dim) . ,rest))
       (== pool '(mean-pool))
       (== with-token patches) (== b a)])
    (layero `(positional-embedding ,more ,dim) with-token out b c)
    (transformer-blockso rest out classes dim pool c 6)))

(defrel (transformer-blockso layers in classes dim pool account blocks)
  (fresh (heads hidden rest fewer after)
    (== layers `((transformer-block ,dim ,heads ,hidden) . ,rest))
    (infd heads '(1 2 3 4))
    (infd hidden '(64 128 192))
    (fd (> blocks 0))
    (fd (= fewer (- blocks 1)))
    (layero `(transformer-block ,dim ,heads ,hidden) in in account after)
    (labelfd heads hidden)
    (after-transformero rest in classes dim pool after fewer)))

(defrel (after-transformero layers in classes dim pool account blocks)
  (fresh (vector a b)
    (conde
      [(== layers `((layer-norm ,dim) ,pool (linear ,dim ,classes)))
       (layero `(layer-norm ,dim) in in account a)
       (layero pool in vector a b)
       (lasto `(linear ,dim ,classes) vector `(,classes) b)]
      [(transformer-blockso layers in classes dim pool account blocks)])))
