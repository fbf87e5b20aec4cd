#lang racket/base
;; Goals as data, and the registry of relations by name.

(require "term.rkt")
(provide (struct-out disj) (struct-out conj) (struct-out relate) (struct-out ==) (struct-out =/=)
         (struct-out type-goal) (struct-out absento) (struct-out domfd) (struct-out label)
         (struct-out relation) (struct-out clauses) (struct-out lines) (struct-out clause)
         symbolo numbero stringo not-symbolo not-numbero not-stringo
         succeed fail constraint-goal?
         register-relation! lookup-relation
         unfold check-call clauses->goal clause-numbers lines->goals)

;; A Goal is one of these prefab structs, and nothing in it is a closure:
;;   (disj GOAL GOAL)    (conj GOAL GOAL)
;;   (relate NAME ARGS)  a call: the relation is looked up by name when it is unfolded
;;   (clauses NAME FROM ARGS)  the disjunction of the clauses of a `conde` that are left to try: those
;;                       from number FROM on, with the values ARGS of the variables that occur in
;;                       them.
;;                       A waiting alternative is this small; its goals are built when it is tried.
;;   (lines NAME NUMBERS ARGS) the same, of which only the clauses with these numbers are left: the
;;                       guided search keeps those that the constraints allow
;;   (label ORDER TERMS) the integers that the terms may still take become choices
;;   a constraint: == =/= type-goal absento, (domfd TERM DOMAIN) (domain.rkt), or an Arithmetic
;;   (arithmetic.rkt)
(struct disj (left right) #:prefab)
(struct conj (left right) #:prefab)
(struct relate (name args) #:prefab)
(struct clauses (name from args) #:prefab)
(struct lines (name numbers args) #:prefab)
(struct label (order terms) #:prefab)
(struct == (left right) #:prefab)
(struct =/= (left right) #:prefab)
(struct type-goal (positive? type term) #:prefab)
(struct absento (tag term) #:prefab)
(struct domfd (term domain) #:prefab)

(define succeed (== #t #t))
(define fail (== #f #t))

(define (symbolo t) (type-goal #t 'sym t))
(define (numbero t) (type-goal #t 'num t))
(define (stringo t) (type-goal #t 'str t))
(define (not-symbolo t) (type-goal #f 'sym t))
(define (not-numbero t) (type-goal #f 'num t))
(define (not-stringo t) (type-goal #f 'str t))

(define (constraint-goal? g)
  (not (or (conj? g) (disj? g) (relate? g) (clauses? g) (lines? g) (label? g))))

;; -- relations ------------------------------------------------------------------------------------

;; A Relation is (relation NAME ARITY TABLE BODY INPUTS SOURCE). Its goal is given in one of two ways:
;; TABLE is a vector of Clauses, those of one `conde` side by side, those of the relation's own body
;; first; or BODY is a procedure from the arguments to the goal (a primitive). INPUTS is #f, or for a
;; primitive the positions of the arguments that must be ground before BODY may run. SOURCE says where
;; it was defined.
(struct relation (name arity table body inputs source))

;; A Clause is one line of a `conde` in three forms (compile.rkt), and whether it is the last line:
;;   run     State, args, n -> Stream, steps used: as n steps of the stream search take it
;;   expand  State, args -> State or #f, goals: its constraints posted, and the goals that are left
;;   plain   args -> Goal: the first-order representation
(struct clause (run expand plain last?) #:authentic)

(define registry (make-hasheq))

(define (register-relation! r)
  (define name (relation-name r))
  (define known (hash-ref registry name #f))
  (when (and known (not (equal? (relation-source known) (relation-source r))))
    (error name "the relation is defined twice: in ~a and in ~a; rename one of them"
           (relation-source known) (relation-source r)))
  (hash-set! registry name r))

(define (lookup-relation name)
  (or (hash-ref registry name #f)
      (error name "unknown relation; require the file that defines it with defrel")))

;; The goal that a call stands for, and the number of the next fresh variable after it.
(define (unfold call next)
  (define r (lookup-relation (relate-name call)))
  (define args (relate-args call))
  (check-arguments r args)
  (if (relation-table r)
      (clauses->goal (clauses (relate-name call) 0 args) next)
      (numbered ([goal (apply (relation-body r) args)]) (next next)
        (values goal next))))

(define (check-arguments r args)
  (unless (eqv? (length args) (relation-arity r))
    (error (relation-name r) "expected ~a arguments, got ~a: ~.s"
           (relation-arity r) (length args) args)))

;; A call in the stream search.
(define (check-call r args)
  (when (relation-inputs r)
    (error (relation-name r) "a primitive runs in the guided search only, not in run"))
  (check-arguments r args))

;; The clauses that are left as plain disjunctions, and the number of the next fresh variable.
(define (clauses->goal g next)
  (define-values (goals next-after)
    (lines->goals (clauses-name g) (clause-numbers g) (clauses-args g) next))
  (values (let disjunction ([gs goals])
            (if (null? (cdr gs)) (car gs) (disj (car gs) (disjunction (cdr gs)))))
          next-after))

;; The numbers of the clauses that are left.
(define (clause-numbers g)
  (define table (relation-table (lookup-relation (clauses-name g))))
  (let loop ([i (clauses-from g)])
    (if (clause-last? (vector-ref table i)) (list i) (cons i (loop (add1 i))))))

;; Clauses of a relation as plain goals with variables numbered from `next` on, and the number after
;; them.
(define (lines->goals name numbers args next)
  (define table (relation-table (lookup-relation name)))
  (numbered ([goals (for/list ([i (in-list numbers)]) ((clause-plain (vector-ref table i)) args))])
            (next next)
    (values goals next)))
