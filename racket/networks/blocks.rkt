#lang racket/base
;; Blocks of layers that count as one layer: squeeze-excite, the parts of a vision transformer, and
;; the cell of NAS-Bench-201. Each relates its text, the shapes that come in and go out, and the
;; number of parameters; some their multiply-adds.

(require "../kanren/main.rkt" "layer-list.rkt" "shapes.rkt")
(provide block-layers multi-head-attentiono attention-macso transformer-blocko
         transformer-block-macso)

(define-layers block-layers
  [squeeze-excite (squeeze-exciteo layer in out params) #:macs (squeeze-excite-macso layer macs)]
  [patch-embed (patch-embedo layer in out params) #:macs (patch-embed-macso out params macs)]
  [class-token (class-tokeno layer in out params)]
  [positional-embedding (positional-embeddingo layer in out params)]
  [multi-head-attention (multi-head-attentiono layer in out params) #:macs (attention-macso in macs)]
  [transformer-block (transformer-blocko layer in out params)
                     #:macs (transformer-block-macso layer in macs)]
  [select-token (select-tokeno layer in out)]
  [mean-pool (mean-poolo layer in out)]
  ;; charged first, so that the bounds on MACs hold while the operations are open
  [cell #:charge-first (cello layer in out params) #:macs (cell-macso in params macs)])

;; (squeeze-excite CHANNELS SQUEEZED): scales each channel by what two linear layers make of the
;; means of all channels (torchvision.ops.SqueezeExcitation)
(defrel (squeeze-exciteo layer in out params)
  (fresh (channels squeezed height width)
    (== layer `(squeeze-excite ,channels ,squeezed))
    (== in `(,channels ,height ,width))
    (== out in)
    (infd squeezed (interval 1 largest-number))
    (fd (= params (+ (* 2 channels squeezed) squeezed channels)))))

;; Each weight is used once.
(defrel (squeeze-excite-macso layer macs)
  (fresh (channels squeezed)
    (== layer `(squeeze-excite ,channels ,squeezed))
    (fd (= macs (* 2 channels squeezed)))))

;; (patch-embed IN WIDTH PATCH): the image is cut into patches of PATCH × PATCH pixels; a convolution
;; makes one token of WIDTH numbers of each (torch.nn.Conv2d with kernel and stride PATCH)
(defrel (patch-embedo layer in out params)
  (fresh (channels width patch image-height image-width rows columns tokens)
    (== layer `(patch-embed ,channels ,width ,patch))
    (== in `(,channels ,image-height ,image-width))
    (== out `(,tokens ,width))
    (infd width (interval 1 largest-number))
    (windowo image-height patch patch 0 rows)
    (windowo image-width patch patch 0 columns)
    (fd (= tokens (* rows columns)))
    (fd (= params (+ (* patch patch channels width) width)))))

;; Each weight is used once for each token.
(defrel (patch-embed-macso out params macs)
  (fresh (tokens width)
    (== out `(,tokens ,width))
    (fd (= macs (* (- params width) tokens)))))

;; (class-token WIDTH): a learned token in front of the sequence
(defrel (class-tokeno layer in out params)
  (fresh (tokens more width)
    (== layer `(class-token ,width))
    (== in `(,tokens ,width))
    (== out `(,more ,width))
    (fd (= more (+ tokens 1)))
    (fd (= params width))))

;; (positional-embedding TOKENS WIDTH): a learned vector is added to each token
(defrel (positional-embeddingo layer in out params)
  (fresh (tokens width)
    (== layer `(positional-embedding ,tokens ,width))
    (== in `(,tokens ,width))
    (== out in)
    (fd (= params (* tokens width)))))

;; (multi-head-attention WIDTH HEADS): HEADS divides WIDTH (torch.nn.MultiheadAttention)
(defrel (multi-head-attentiono layer in out params)
  (fresh (tokens width heads)
    (== layer `(multi-head-attention ,width ,heads))
    (== in `(,tokens ,width))
    (== out in)
    (headso width heads)
    (fd (= params (+ (* 4 width width) (* 4 width))))))

;; Queries, keys, values and the result are 4 linear layers; scores and their sums are products of
;; each token with each.
(defrel (attention-macso in macs)
  (fresh (tokens width)
    (== in `(,tokens ,width))
    (fd (= macs (+ (* 4 tokens width width) (* 2 tokens tokens width))))))

;; (transformer-block WIDTH HEADS HIDDEN): attention, then two linear layers, each behind a
;; normalisation and with a residual join (torch.nn.TransformerEncoderLayer, norm_first)
(defrel (transformer-blocko layer in out params)
  (fresh (tokens width heads hidden)
    (== layer `(transformer-block ,width ,heads ,hidden))
    (== in `(,tokens ,width))
    (== out in)
    (headso width heads)
    (infd hidden (interval 1 largest-number))
    (fd (= params (+ (* 4 width width) (* 2 width hidden) (* 9 width) hidden)))))

(defrel (transformer-block-macso layer in macs)
  (fresh (tokens width heads hidden attention)
    (== layer `(transformer-block ,width ,heads ,hidden))
    (== in `(,tokens ,width))
    (attention-macso in attention)
    (fd (= macs (+ attention (* 2 tokens width hidden))))))

(defrel (headso width heads)
  (fresh (head-width)
    (infd width heads head-width (interval 1 largest-number))
    (fd (= width (* heads head-width)))))

;; (select-token): the first token alone, which is the class token where there is one
(defrel (select-tokeno layer in out)
  (fresh (tokens width)
    (== layer '(select-token))
    (== in `(,tokens ,width))
    (== out `(,width))))

;; (mean-pool): the mean of all tokens
(defrel (mean-poolo layer in out)
  (fresh (tokens width)
    (== layer '(mean-pool))
    (== in `(,tokens ,width))
    (== out `(,width))))

;; (cell OP OP OP OP OP OP): NAS-Bench-201's cell (Dong and Yang, ICLR 2020) in its published
;; skeleton: a stem, three stages of 5 cells with 16, 32 and 64 channels, a residual block that
;; halves the image between stages, and the mean of each of 64 channels. Edges stand in the order of
;; the benchmark's string: 0→1, 0→2, 1→2, 0→3, 1→3, 2→3. Parameters: the stem's 3×3 convolution
;; without bias and its normalisation, the two residual blocks, the last normalisation, and the
;; operations of all cells.
(defrel (cello layer in out params)
  (fresh (channels height width quarter-height quarter-width a b c d e f pa pb pc pd pe pf)
    (== layer `(cell ,a ,b ,c ,d ,e ,f))
    (== in `(,channels ,height ,width))
    (== out '(64))
    (infd quarter-height quarter-width (interval 1 16384))
    (fd (= height (* 4 quarter-height)))       ; each halving needs an even side
    (fd (= width (* 4 quarter-width)))
    (infd pa pb pc pd pe pf '(0 28000 243040))
    (fd (= params (+ (* 144 channels) 32 14464 57600 128 pa pb pc pd pe pf)))
    (operationo a pa) (operationo b pb) (operationo c pc)
    (operationo d pd) (operationo e pe) (operationo f pf)))

;; Stem 9·16·C, two residual blocks 3584 each, and 3840 for each convolution of kernel 1, 34560 for
;; each of kernel 3, at every pixel of the image. Every weight of the cells' convolutions is used at
;; 1, 1/4 or 1/16 of the pixels as the channels double: the convolutions of a stage have equal
;; multiply-adds.
(defrel (cell-macso in params macs)
  (fresh (channels height width small large)
    (== in `(,channels ,height ,width))
    (infd small large (interval 0 6))
    (fd (= params (+ (* 144 channels) 72224 (* 28000 small) (* 243040 large))))
    (fd (= macs (* (+ (* 144 channels) 7168 (* 3840 small) (* 34560 large)) height width)))))

;; An operation, and its parameters in all 15 cells: those of a convolution of kernel k without bias,
;; and of its normalisation, are  5 · Σ (k²·C² + 2·C)  over C = 16, 32, 64.
(defrel (operationo operation params)
  (conde [(== operation 'none) (== params 0)]
         [(== operation 'skip_connect) (== params 0)]
         [(== operation 'nor_conv_1x1) (== params 28000)]
         [(== operation 'nor_conv_3x3) (== params 243040)]
         [(== operation 'avg_pool_3x3) (== params 0)]))
