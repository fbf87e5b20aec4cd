#lang racket/base
;; What makes the outputs of a network of a series or a sequence; spaces share it.

(require "../kanren/main.rkt" "architecture.rkt")
(provide vector-heado series-heado sequence-heado)

;; No tokens more than these pass recurrent layers and attention, which take their time for each.
(define most-tokens 512)

;; A linear layer, perhaps behind a dropout.
(defrel (vector-heado layers in classes account)
  (fresh (features rate after)
    (== in `(,features))
    (conde
      [(== layers `((linear ,features ,classes)))
       (lasto `(linear ,features ,classes) in `(,classes) account)]
      [(== layers `((dropout ,rate) (linear ,features ,classes)))
       (conde [(== rate 0.1)] [(== rate 0.25)] [(== rate 0.5)])
       (layero `(dropout ,rate) in in account after)
       (lasto `(linear ,features ,classes) in `(,classes) after)])))

;; The mean or the greatest of each channel, or all numbers, then the head of a vector; or that of a
;; sequence.
(defrel (series-heado layers in classes account)
  (fresh (pooling rest pooled vector sequence a b)
    (conde
      [(== layers `((,pooling 1) (flatten) . ,rest))
       (conde [(== pooling 'adaptive-avg-pool1d)] [(== pooling 'adaptive-max-pool1d)])
       (layero `(,pooling 1) in pooled account a)
       (layero '(flatten) pooled vector a b)
       (vector-heado rest vector classes b)]
      [(== layers `((flatten) . ,rest))
       (layero '(flatten) in vector account a)
       (vector-heado rest vector classes a)]
      [(== layers `((to-sequence) . ,rest))
       (layero '(to-sequence) in sequence account a)
       (sequence-heado rest sequence classes a)])))

;; A recurrent layer or two, or 1 to 4 transformer blocks; then the head of a vector.
(defrel (sequence-heado layers in classes account)
  (fresh (tokens width kind rest out after)
    (== in `(,tokens ,width))
    (fd (<= tokens most-tokens))
    (conde
      [(conde [(== kind 'gru)] [(== kind 'lstm)])
       (recurrent-headso kind layers in classes account 2)]
      [(== layers `((positional-embedding ,tokens ,width) . ,rest))
       (fd (>= width 8))
       (layero `(positional-embedding ,tokens ,width) in out account after)
       (transformer-headso rest out classes after 4)])))

;; So many layers at most; the last state of the last one, or the mean of all.
(defrel (recurrent-headso kind layers in classes account more)
  (fresh (tokens width hidden directions rest tail out vector fewer a b)
    (== in `(,tokens ,width)) (fd (= fewer (- more 1)))
    (== layers `((,kind ,width ,hidden ,directions) . ,rest))
    (infd hidden '(8 16 32 64 128)) (infd directions '(1 2))
    (layero `(,kind ,width ,hidden ,directions) in out account a)
    (labelfd directions hidden)
    (conde
      [(== rest `((last-state ,directions) . ,tail))
       (layero `(last-state ,directions) out vector a b)
       (vector-heado tail vector classes b)]
      [(== rest `((mean-pool) . ,tail))
       (layero '(mean-pool) out vector a b)
       (vector-heado tail vector classes b)]
      [(fd (> fewer 0)) (recurrent-headso kind rest out classes a fewer)])))

;; Each block has heads and hidden features of its own.
(defrel (transformer-headso layers in classes account more)
  (fresh (tokens width heads ratio hidden rest pooling tail vector fewer a b c)
    (== in `(,tokens ,width)) (fd (= fewer (- more 1)))
    (== layers `((transformer-block ,width ,heads ,hidden) . ,rest))
    (infd heads '(1 2 4)) (infd ratio '(1 2 4)) (fd (= hidden (* ratio width)))
    (layero `(transformer-block ,width ,heads ,hidden) in in account a)
    (labelfd heads ratio)
    (conde
      [(== rest `((layer-norm ,width) ,pooling . ,tail))
       (conde [(== pooling '(mean-pool))] [(== pooling '(last-token))])
       (layero `(layer-norm ,width) in in a b)
       (layero pooling in vector b c)
       (vector-heado tail vector classes c)]
      [(fd (> fewer 0)) (transformer-headso rest in classes a fewer)])))
