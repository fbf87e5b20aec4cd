#lang racket/base
;; Any sequence and nesting of layers that fit, up to a depth: the space nobody could write by hand.
;; Every layer is there, with the values of vocabulary.rkt; the number of layers is bounded by 12, or
;; by the budget on depth, and branches of joins hold at most 2 layers each.

(require "../../kanren/main.rkt" "../architecture.rkt" "../budget.rkt" "../shape-kinds.rkt"
         "../shapes.rkt" "../space.rkt" "../vocabulary.rkt")
(provide any-layero-of any-layerso-of)

(define-space (free architecture input classes #:account account)
  "any sequence and nesting of layers that fit"
  #:input (1 28 28) #:takes (image features series tokens table) #:classes 10 #:max-params 1000000
  (fresh (layers count after)
    (architectureo architecture input layers)
    (infd count (interval 1 12)) (labelfd count)
    ((any-layerso-of input) layers input `(,classes) classes account after count 2)
    (settleo after)))

(define (image? input) (eq? 'image (shape-kind input)))

;; The relations of one layer and of several that may stand in a network of an input.
(define (any-layero-of input) (if (image? input) vocabularyo other-vocabularyo))
(define (any-layerso-of input) (if (image? input) any-layerso any-other-layerso))

;; So many layers; joins nested at most `nesting` deep.
(define-syntax-rule (define-any-layers (any-layerso layers in out classes account after count nesting)
                      vocabularyo)
  (defrel (any-layerso layers in out classes account after count nesting)
    (fresh (layer rest between account-between fewer)
      (conde
        [(== count 0) (== layers '()) (== out in) (== after account)]
        [(== layers `(,layer . ,rest))
         (fd (> count 0)) (fd (= fewer (- count 1)))
         (vocabularyo layer in classes nesting)
         (layero layer in between account account-between)
         (withino fewer between out)
         (labelfd layer)
         (any-layerso rest between out classes account-between after fewer nesting)]))))

(define-any-layers (any-layerso layers in out classes account after count nesting) vocabularyo)
(define-any-layers (any-other-layerso layers in out classes account after count nesting)
  other-vocabularyo)
