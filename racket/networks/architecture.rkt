#lang racket/base
;; Architectures: the one relation that says which texts are networks and what they cost. Everything
;; that is asked of a network (is it valid, what completes it, what would repair it) is asked of it.

(require (for-syntax racket/base) "../kanren/main.rkt" "blocks.rkt" "budget.rkt" "layers.rkt")
(provide architectureo layerso layero lasto mean-heado)

;; The text of an architecture, the shape of its input, and its layers.
(defrel (architectureo architecture input layers)
  (fresh (channels height width)
    (== input `(,channels ,height ,width))
    (== architecture `(architecture (input ,channels ,height ,width) ,layers))))

;; A list of layers, one after another, from shape to shape and from account to account (budget.rkt).
(defrel (layerso layers in out account after)
  (fresh (layer rest between account-between)
    (conde
      [(== layers '()) (== out in) (== after account)]
      [(== layers `(,layer . ,rest))
       (layero layer in between account account-between)
       (layerso rest between out account-between after)])))

;; The last layer of a network: with it, what was spent is the total.
(defrel (lasto layer in out account)
  (fresh (open after)
    (freeo account open)
    (layero layer in out open after)
    (settleo after)))

;; The head of most networks of convolutions: the mean of each channel, then a linear layer.
(define (mean-heado layers in classes account)
  (fresh (channels height width pooled vector a b)
    (== in `(,channels ,height ,width))
    (== layers `((adaptive-avg-pool2d 1) (flatten) (linear ,channels ,classes)))
    (layero '(adaptive-avg-pool2d 1) in pooled account a)
    (layero '(flatten) pooled vector a b)
    (lasto `(linear ,channels ,classes) vector `(,classes) b)))

;; (define-kinds (layero any-layero layer in out account after params) [KIND GOAL …] …): a layer of
;; any kind. `any-layero` tries each KIND; `layero` goes straight to the goals of a kind that stands
;; in the program.
(define-syntax-rule (define-kinds (layero any-layero layer in out account after params)
                      [kind goal ...] ...)
  (begin
    (define (layero layer in out account after)
      (case (and (pair? layer) (car layer))
        [(kind) (fresh (params) goal ...)] ...
        [else
         (when (and (pair? layer) (symbol? (car layer)))
           (raise-user-error 'layero "unknown layer ~a; protocol/grammar.md lists them all"
                            (car layer)))
         (any-layero layer in out account after)]))
    (defrel (any-layero layer in out account after)
      (fresh (params arguments)
        (conde [(== layer (cons 'kind arguments)) goal ...] ...)))))

(define-kinds (layero any-layero layer in out account after params)
  [conv2d (conv2do layer in out params) (chargeo layer in out params account after)]
  [max-pool2d (max-pool2do layer in out) (chargeo layer in out 0 account after)]
  [avg-pool2d (avg-pool2do layer in out) (chargeo layer in out 0 account after)]
  [adaptive-avg-pool2d (adaptive-avg-pool2do layer in out) (chargeo layer in out 0 account after)]
  [batch-norm2d (batch-norm2do layer in out params) (chargeo layer in out params account after)]
  [group-norm (group-normo layer in out params) (chargeo layer in out params account after)]
  [layer-norm (layer-normo layer in out params) (chargeo layer in out params account after)]
  [flatten (flatteno layer in out) (chargeo layer in out 0 account after)]
  [linear (linearo layer in out params) (chargeo layer in out params account after)]
  [dropout (== in out) (dropouto layer) (chargeo layer in out 0 account after)]
  [relu (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [leaky-relu (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [gelu (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [silu (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [tanh (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [sigmoid (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [hardswish (== in out) (activationo layer) (chargeo layer in out 0 account after)]
  [squeeze-excite (squeeze-exciteo layer in out params)
                  (chargeo layer in out params account after)]
  [patch-embed (patch-embedo layer in out params) (chargeo layer in out params account after)]
  [class-token (class-tokeno layer in out params) (chargeo layer in out params account after)]
  [positional-embedding (positional-embeddingo layer in out params)
                        (chargeo layer in out params account after)]
  [multi-head-attention (multi-head-attentiono layer in out params)
                        (chargeo layer in out params account after)]
  [transformer-block (transformer-blocko layer in out params)
                     (chargeo layer in out params account after)]
  [select-token (select-tokeno layer in out) (chargeo layer in out 0 account after)]
  [mean-pool (mean-poolo layer in out) (chargeo layer in out 0 account after)]
  ;; charged first, so that the bounds on MACs hold while the operations are open
  [cell (chargeo layer in out params account after) (cello layer in out params)]
  [residual (residualo layer in out account after)]
  [concat (concato layer in out account after)])

;; (residual (LAYER …) (LAYER …)): the sum of two branches that give equal shapes; () is the identity
(defrel (residualo layer in out account after)
  (fresh (left right account-left account-right)
    (== layer `(residual ,left ,right))
    (layerso left in out account account-left)
    (layerso right in out account-left account-right)
    (chargeo layer in out 0 account-right after)))

;; (concat (LAYER …) …): the channels of one branch after those of the other; the other sizes are
;; equal
(defrel (concato layer in out account after)
  (fresh (branch branches channels more-channels total sizes account-first account-all)
    (== layer `(concat ,branch . ,branches))
    (== out `(,total . ,sizes))
    (layerso branch in `(,channels . ,sizes) account account-first)
    (fd (= total (+ channels more-channels)))
    (concatenatedo branches in more-channels sizes account-first account-all)
    (chargeo layer in out 0 account-all after)))

(defrel (concatenatedo branches in total sizes account after)
  (fresh (branch rest channels more-channels account-branch)
    (conde
      [(== branches '()) (== total 0) (== after account)]
      [(== branches `(,branch . ,rest))
       (layerso branch in `(,channels . ,sizes) account account-branch)
       (fd (= total (+ channels more-channels)))
       (concatenatedo rest in more-channels sizes account-branch after)])))
