#lang racket/base
;; A problem that has nothing to do with networks: a list in three parts.

(require "../../../racket/main.rkt")

(defrel (appendo xs ys zs)
  (conde
    [(== xs '()) (== ys zs)]
    [(fresh (x rest more)
       (== xs `(,x . ,rest))
       (== zs `(,x . ,more))
       (appendo rest ys more))]))

(define-problem (splits a b c)
  "split twelve letters in three parts, the middle one long"
  (fresh (bc)
    (appendo a bc '(a b c d e f g h i j k l))
    (appendo b c bc)))
