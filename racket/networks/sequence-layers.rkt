#lang racket/base
;; Layers of series (CHANNELS LENGTH . series), tokens (TOKENS VOCABULARY . tokens), tables (NUMBERS
;; CATEGORIES VALUES . table) and sequences (TOKENS WIDTH). Each relates its text, the shapes that
;; come in and go out, and the number of parameters; some their multiply-adds.

(require "../kanren/main.rkt" "blocks.rkt" "layer-list.rkt" "shapes.rkt")
(provide sequence-layers)

(define-layers sequence-layers
  [conv1d (conv1do layer in out params) #:macs (conv1d-macso out params macs)]
  [max-pool1d (max-pool1do layer in out)]
  [avg-pool1d (avg-pool1do layer in out)]
  [adaptive-avg-pool1d (adaptive-avg-pool1do layer in out)]
  [adaptive-max-pool1d (adaptive-max-pool1do layer in out)]
  [batch-norm1d (batch-norm1do layer in out params)]
  [embedding (embeddingo layer in out params)]
  [embedding-bag (embedding-bago layer in out params)]
  [category-embedding (category-embeddingo layer in out params)]
  [gru (gruo layer in out params) #:macs (gru-macso layer in macs)]
  [lstm (lstmo layer in out params) #:macs (lstm-macso layer in macs)]
  [last-token (last-tokeno layer in out)]
  [last-state (last-stateo layer in out)]
  [to-sequence (to-sequenceo layer in out)]
  [to-series (to-serieso layer in out)]
  [causal-attention (causal-attentiono layer in out params) #:macs (attention-macso in macs)]
  [causal-transformer-block (causal-transformer-blocko layer in out params)
                            #:macs (causal-transformer-block-macso layer in macs)])

;; -- series -----------------------------------------------------------------------------------------

;; (conv1d IN OUT KERNEL STRIDE PADDING [DILATION [GROUPS]]), with bias: as conv2d in layers.rkt, with
;; kernel·(in/groups)·out + out parameters
(defrel (conv1do layer in out params)
  (fresh (channels-in length channels-out length-out kernel stride padding)
    (== in `(,channels-in ,length . series))
    (== out `(,channels-out ,length-out . series))
    (infd channels-in channels-out (interval 1 largest-number))
    (conde
      [(== layer `(conv1d ,channels-in ,channels-out ,kernel ,stride ,padding))
       (windowo length kernel stride padding length-out)
       (fd (= params (+ (* kernel channels-in channels-out) channels-out)))]
      [(fresh (dilation)
         (== layer `(conv1d ,channels-in ,channels-out ,kernel ,stride ,padding ,dilation))
         (fd (> dilation 1))
         (dilated-windowo length kernel stride padding dilation length-out)
         (fd (= params (+ (* kernel channels-in channels-out) channels-out))))]
      [(fresh (dilation groups group-in group-out)
         (== layer `(conv1d ,channels-in ,channels-out ,kernel ,stride ,padding ,dilation ,groups))
         (infd groups (interval 2 largest-number))
         (infd group-in group-out (interval 1 largest-number))
         (fd (= channels-in (* groups group-in)))
         (fd (= channels-out (* groups group-out)))
         (dilated-windowo length kernel stride padding dilation length-out)
         (fd (= params (+ (* kernel group-in channels-out) channels-out))))])))

;; A weight is used once for each place that goes out.
(defrel (conv1d-macso out params macs)
  (fresh (channels length)
    (== out `(,channels ,length . series))
    (fd (= macs (* (- params channels) length)))))

;; (max-pool1d KERNEL STRIDE PADDING); PyTorch wants the padding to be at most half of the kernel
(defrel (max-pool1do layer in out)
  (fresh (kernel stride padding)
    (== layer `(max-pool1d ,kernel ,stride ,padding))
    (pool1do kernel stride padding in out)))

(defrel (avg-pool1do layer in out)
  (fresh (kernel stride padding)
    (== layer `(avg-pool1d ,kernel ,stride ,padding))
    (pool1do kernel stride padding in out)))

(defrel (pool1do kernel stride padding in out)
  (fresh (channels length length-out)
    (== in `(,channels ,length . series))
    (== out `(,channels ,length-out . series))
    (windowo length kernel stride padding length-out)
    (fd (<= (* 2 padding) kernel))))

;; (adaptive-avg-pool1d SIZE): whatever comes in, a length of SIZE goes out
(defrel (adaptive-avg-pool1do layer in out)
  (fresh (size)
    (== layer `(adaptive-avg-pool1d ,size))
    (adaptive-pool1do size in out)))

(defrel (adaptive-max-pool1do layer in out)
  (fresh (size)
    (== layer `(adaptive-max-pool1d ,size))
    (adaptive-pool1do size in out)))

(defrel (adaptive-pool1do size in out)
  (fresh (channels length)
    (== in `(,channels ,length . series))
    (== out `(,channels ,size . series))
    (infd size (interval 1 largest-number))))

;; (batch-norm1d FEATURES): a scale and a shift for each channel of a series, or number of a vector
(defrel (batch-norm1do layer in out params)
  (fresh (features length)
    (== layer `(batch-norm1d ,features))
    (== out in)
    (fd (= params (* 2 features)))
    (conde [(== in `(,features ,length . series))]
           [(== in `(,features))])))

;; (to-sequence): the places of a series become tokens; (to-series): the other way
(defrel (to-sequenceo layer in out)
  (fresh (channels length)
    (== layer '(to-sequence))
    (== in `(,channels ,length . series))
    (== out `(,length ,channels))))

(defrel (to-serieso layer in out)
  (fresh (tokens width)
    (== layer '(to-series))
    (== in `(,tokens ,width))
    (== out `(,width ,tokens . series))))

;; -- tokens and tables ------------------------------------------------------------------------------

;; (embedding VOCABULARY WIDTH): a learned vector for each token; that of token 0 stays 0
(defrel (embeddingo layer in out params)
  (fresh (tokens vocabulary width)
    (== layer `(embedding ,vocabulary ,width))
    (== in `(,tokens ,vocabulary . tokens))
    (== out `(,tokens ,width))
    (infd width (interval 1 largest-number))
    (fd (= params (* vocabulary width)))))

;; (embedding-bag VOCABULARY WIDTH): the mean of the vectors of all tokens but 0
(defrel (embedding-bago layer in out params)
  (fresh (tokens vocabulary width)
    (== layer `(embedding-bag ,vocabulary ,width))
    (== in `(,tokens ,vocabulary . tokens))
    (== out `(,width))
    (infd width (interval 1 largest-number))
    (fd (= params (* vocabulary width)))))

;; (category-embedding NUMBERS CATEGORIES VALUES WIDTH): the numbers of a table as they are, and
;; behind them a learned vector for each category
(defrel (category-embeddingo layer in out params)
  (fresh (numbers categories values width features)
    (== layer `(category-embedding ,numbers ,categories ,values ,width))
    (== in `(,numbers ,categories ,values . table))
    (== out `(,features))
    (infd width (interval 1 largest-number))
    (fd (= features (+ numbers (* categories width))))
    (fd (= params (* values width)))))

;; -- sequences --------------------------------------------------------------------------------------

;; (gru IN HIDDEN DIRECTIONS): 3 gates, each with a matrix for what comes in, one for the state, and
;; two biases; in 2 directions there are two of all, and the states stand side by side
(defrel (gruo layer in out params)
  (fresh (width hidden directions)
    (== layer `(gru ,width ,hidden ,directions))
    (recurrento width hidden directions 3 in out params)))

(defrel (gru-macso layer in macs)
  (fresh (width hidden directions)
    (== layer `(gru ,width ,hidden ,directions))
    (recurrent-macso width hidden directions 3 in macs)))

;; (lstm IN HIDDEN DIRECTIONS): likewise, with 4 gates
(defrel (lstmo layer in out params)
  (fresh (width hidden directions)
    (== layer `(lstm ,width ,hidden ,directions))
    (recurrento width hidden directions 4 in out params)))

(defrel (lstm-macso layer in macs)
  (fresh (width hidden directions)
    (== layer `(lstm ,width ,hidden ,directions))
    (recurrent-macso width hidden directions 4 in macs)))

(defrel (recurrento width hidden directions gates in out params)
  (fresh (tokens states)
    (== in `(,tokens ,width))
    (== out `(,tokens ,states))
    (infd hidden (interval 1 largest-number))
    (infd directions '(1 2))
    (fd (= states (* directions hidden)))
    (fd (= params (* directions gates hidden (+ width hidden 2))))))

;; Each weight of the matrices is used once for each token.
(defrel (recurrent-macso width hidden directions gates in macs)
  (fresh (tokens)
    (== in `(,tokens ,width))
    (fd (= macs (* tokens directions gates hidden (+ width hidden))))))

;; (last-token): the last token alone
(defrel (last-tokeno layer in out)
  (fresh (tokens width)
    (== layer '(last-token))
    (== in `(,tokens ,width))
    (== out `(,width))))

;; (last-state DIRECTIONS): the last state of each direction of a gru or lstm; of 2 directions, that
;; of the second stands in the first token
(defrel (last-stateo layer in out)
  (fresh (tokens width directions hidden)
    (== layer `(last-state ,directions))
    (== in `(,tokens ,width))
    (== out `(,width))
    (infd directions '(1 2))
    (infd hidden (interval 1 largest-number))
    (fd (= width (* directions hidden)))))

;; (causal-attention WIDTH HEADS): multi-head-attention of each token with those up to it; PyTorch
;; computes all products and masks some
(defrel (causal-attentiono layer in out params)
  (fresh (width heads)
    (== layer `(causal-attention ,width ,heads))
    (multi-head-attentiono `(multi-head-attention ,width ,heads) in out params)))

;; (causal-transformer-block WIDTH HEADS HIDDEN): likewise
(defrel (causal-transformer-blocko layer in out params)
  (fresh (width heads hidden)
    (== layer `(causal-transformer-block ,width ,heads ,hidden))
    (transformer-blocko `(transformer-block ,width ,heads ,hidden) in out params)))

(defrel (causal-transformer-block-macso layer in macs)
  (fresh (width heads hidden)
    (== layer `(causal-transformer-block ,width ,heads ,hidden))
    (transformer-block-macso `(transformer-block ,width ,heads ,hidden) in macs)))
