#lang racket/base
;; Relations on lists, for tests and benches.

(require "../../../racket/kanren/main.rkt")
(provide appendo reverseo membero nevero alwayso)

(defrel (appendo xs ys zs)
  (conde
    [(== xs '()) (== ys zs)]
    [(fresh (x rest more)
       (== xs `(,x . ,rest))
       (== zs `(,x . ,more))
       (appendo rest ys more))]))

;; Naive reverse.
(defrel (reverseo xs ys)
  (conde
    [(== xs '()) (== ys '())]
    [(fresh (x rest tser)
       (== xs `(,x . ,rest))
       (reverseo rest tser)
       (appendo tser (list x) ys))]))

(defrel (membero x xs)
  (fresh (first rest)
    (== xs `(,first . ,rest))
    (conde
      [(== x first)]
      [(membero x rest)])))

(defrel (nevero x) (nevero x))

(defrel (alwayso x)
  (conde
    [(== x 'yes)]
    [(alwayso x)]))
