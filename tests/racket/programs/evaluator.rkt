#lang racket/base
;; A relational evaluator with de Bruijn indices: `expr` has the value `value` in the environment
;; `env`.

(require "../../../racket/kanren/main.rkt")
(provide evalo eval-expo)

;; In the empty environment.
(defrel (evalo expr value) (eval-expo expr '() value))

(defrel (eval-expo expr env value)
  (conde
    [(fresh (body)
       (== expr `(lambda ,body))
       (== value `(closure ,body ,env)))]
    [(== expr `(quote ,value))]
    [(fresh (es)
       (== expr `(list . ,es))
       (eval-listo es env value))]
    [(fresh (a d va vd)
       (== expr `(cons ,a ,d))
       (== value `(,va . ,vd))
       (eval-expo a env va)
       (eval-expo d env vd))]
    [(fresh (index)
       (== expr `(var ,index))
       (lookupo index env value))]
    [(fresh (rator rand body env-of-body arg)
       (== expr `(app ,rator ,rand))
       (eval-expo rator env `(closure ,body ,env-of-body))
       (eval-expo rand env arg)
       (eval-expo body `(,arg . ,env-of-body) value))]))

(defrel (eval-listo es env values)
  (conde
    [(== es '()) (== values '())]
    [(fresh (e rest v more)
       (== es `(,e . ,rest))
       (== values `(,v . ,more))
       (eval-expo e env v)
       (eval-listo rest env more))]))

;; An index is a list of as many s as values stand before the one meant.
(defrel (lookupo index env value)
  (fresh (first rest)
    (== env `(,first . ,rest))
    (conde
      [(== index '()) (== value first)]
      [(fresh (less)
         (== index `(s . ,less))
         (lookupo less rest value))])))
