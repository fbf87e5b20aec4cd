#lang racket/base
;; Propagation in a partial solution: constraints go into the state, and a disjunction of which only
;; one branch is alive is taken.

(require "../kanren/core/goal.rkt" "../kanren/core/label.rkt" "../kanren/core/state.rkt"
         "../kanren/core/store.rkt")
(provide propagate unfolded)

;; -> (STATE . GOALS) where GOALS are calls, labellings, and disjunctions of two or more live
;; branches, in their order; or #f when a constraint or a whole disjunction fails.
(define (propagate st goals)
  (if (andmap relate? goals)
      (cons st goals)
      ;; `checked` is the state in which the first disjunction that was kept was looked at
      (let loop ([st st] [todo goals] [kept '()] [checked #f])
        (cond
          [(pair? todo)
           (define g (car todo))
           (define rest (cdr todo))
           (cond
             [(relate? g) (loop st rest (cons g kept) checked)]
             [(conj? g) (loop st (list* (conj-left g) (conj-right g) rest) kept checked)]
             [(constraint-goal? g)
              (define next (post st g))
              (and next (loop next rest kept checked))]
             [(label? g)
              (loop st rest (if (null? (term-variables st (label-terms g))) kept (cons g kept))
                    checked)]
             [else
              (define live (branches st g))
              (cond [(null? live) #f]
                    [(null? (cdr live))
                     (define only (cdar live))
                     (loop (car only) (append (cdr only) rest) kept checked)]
                    [else (loop st rest (cons (narrowed g live) kept) (or checked st))])])]
          ;; what came after a disjunction may have decided it
          [(and checked (not (eq? checked st))) (loop st (reverse kept) '() #f)]
          [else (cons st (reverse kept))]))))

;; The live alternatives of a goal that is no constraint, each as (STATE . GOALS) with its own
;; constraints posted.
(define (unfolded st g)
  (cond
    [(relate? g)
     (define table (relation-table (lookup-relation (relate-name g))))
     (cond
       [table (map cdr (branches st (clauses (relate-name g) 0 (relate-args g))))]
       [else
        ;; a primitive: its code sees values
        (define args (for/list ([a (in-list (relate-args g))]) (walk*/store a (state-store st))))
        (define-values (body next) (unfold (relate (relate-name g) args) (state-next st)))
        (list (cons (struct-copy state st [next next]) (list body)))])]
    [(label? g)
     (define choice (label-choice st g))
     (if choice
         (for/list ([branch (in-list (cdr choice))]) (cons st (list branch (car choice))))
         (list (cons st '())))]
    [else (map cdr (branches st g))]))

;; The branches of a disjunction whose constraints hold: (BRANCH . (STATE . GOALS)), where BRANCH is a
;; clause number or a goal.
(define (branches st g)
  (cond
    [(clauses? g)
     (define table (relation-table (lookup-relation (clauses-name g))))
     (define args (clauses-args g))
     (let loop ([i (clauses-from g)])
       (define c (vector-ref table i))
       (define-values (next goals) ((clause-expand c) st args))
       (define more (if (clause-last? c) '() (loop (add1 i))))
       (if next (cons (list* i next goals) more) more))]
    [(lines? g)
     (define table (relation-table (lookup-relation (lines-name g))))
     (let loop ([numbers (lines-numbers g)])
       (cond
         [(null? numbers) '()]
         [else
          (define-values (next goals)
            ((clause-expand (vector-ref table (car numbers))) st (lines-args g)))
          (define more (loop (cdr numbers)))
          (if next (cons (list* (car numbers) next goals) more) more)]))]
    [else
     (for*/list ([branch (in-list (disjuncts g))]
                 [live (in-value (posted st branch))]
                 #:when live)
       (cons branch live))]))

(define (disjuncts g)
  (if (disj? g) (append (disjuncts (disj-left g)) (disjuncts (disj-right g))) (list g)))

;; The state with the constraints of a branch, and its other goals.
(define (posted st goal)
  (let loop ([st st] [todo (list goal)] [kept '()])
    (cond
      [(null? todo) (cons st (reverse kept))]
      [(conj? (car todo))
       (loop st (list* (conj-left (car todo)) (conj-right (car todo)) (cdr todo)) kept)]
      [(constraint-goal? (car todo))
       (define next (post st (car todo)))
       (and next (loop next (cdr todo) kept))]
      [else (loop st (cdr todo) (cons (car todo) kept))])))

;; The disjunction with only its live branches.
(define (narrowed g live)
  (cond [(clauses? g) (lines (clauses-name g) (map car live) (clauses-args g))]
        [(lines? g) (lines (lines-name g) (map car live) (lines-args g))]
        [else (let disjunction ([goals (map car live)])
                (if (null? (cdr goals)) (car goals) (disj (car goals) (disjunction (cdr goals)))))]))
