#lang racket/base
;; The stream: the interleaving search, one step at a time. This is its definition; advance.rkt takes
;; many steps at once, with the same outcome.

(require "goal.rkt" "label.rkt" "state.rkt" "store.rkt")
(provide (struct-out pause) (struct-out bind) (struct-out mplus) (struct-out ahead)
         step mature?)

;; A Stream is prefab data as well:
;;   #f                    no answer
;;   (cons STATE STREAM)   an answer, then more
;;   (pause STATE GOAL)    GOAL still to be solved from STATE
;;   (bind STREAM GOAL)    GOAL still to be solved from every answer of STREAM
;;   (mplus STREAM STREAM) the answers of both
;;   a Labelling (label.rkt)
;;   (ahead N STREAM)      STREAM, once N steps have passed: they were taken in advance (advance.rkt)
;; The first two are mature.
(struct pause (state goal) #:prefab)
(struct bind (stream goal) #:prefab)
(struct mplus (left right) #:prefab)
(struct ahead (steps stream) #:prefab)

(define (mature? s) (or (not s) (pair? s)))

;; One step of the search: an mplus steps its left stream and swaps, a bind hands each answer of its
;; stream on, a relation call suspends.
(define (step s)
  (cond
    [(pause? s) (solve (pause-state s) (pause-goal s))]
    [(mplus? s)
     (define left (step-immature (mplus-left s)))
     (define right (mplus-right s))
     (cond [(not left) right]
           [(pair? left) (cons (car left) (mplus right (cdr left)))]
           [else (mplus right left)])]
    [(bind? s)
     (define inner (step-immature (bind-stream s)))
     (define goal (bind-goal s))
     (cond [(not inner) #f]
           [(pair? inner) (step (mplus (pause (car inner) goal) (bind (cdr inner) goal)))]
           [else (bind inner goal)])]
    [(labelling? s) (labelling-step s)]
    [(ahead? s)
     (if (= (ahead-steps s) 1)
         (ahead-stream s)
         (ahead (sub1 (ahead-steps s)) (ahead-stream s)))]
    [else s]))

(define (step-immature s) (if (mature? s) s (step s)))

(define (solve st goal)
  (cond
    [(disj? goal) (step (mplus (pause st (disj-left goal)) (pause st (disj-right goal))))]
    [(conj? goal) (step (bind (pause st (conj-left goal)) (conj-right goal)))]
    [(relate? goal)
     (check-call (lookup-relation (relate-name goal)) (relate-args goal))
     (define-values (body next) (unfold goal (state-next st)))
     (pause (struct-copy state st [next next]) body)]
    [(clauses? goal)
     (define-values (body next) (clauses->goal goal (state-next st)))
     (solve (struct-copy state st [next next]) body)]
    [(label? goal) (start-labelling st goal)]
    [else
     (define next (post st goal))
     (and next (cons next #f))]))

