#lang racket/base
;; Goals as data, and the registry of relations by name.

(require "term.rkt")
(provide (struct-out disj) (struct-out conj) (struct-out relate) (struct-out ==) (struct-out =/=)
         (struct-out type-goal) (struct-out absento) (struct-out domfd) (struct-out label)
         (struct-out relation)
         symbolo numbero stringo not-symbolo not-numbero not-stringo
         succeed fail constraint-goal?
         register-relation! lookup-relation unfold relation-names)

;; A Goal is one of these prefab structs, and nothing in it is a closure:
;;   (disj GOAL GOAL)    (conj GOAL GOAL)
;;   (relate NAME ARGS)  a call: the relation is looked up by name when it is unfolded
;;   (label ORDER TERMS) the integers that the terms may still take become choices
;;   a constraint: == =/= type-goal absento, (domfd TERM DOMAIN) (domain.rkt), or an Arithmetic
;;   (arithmetic.rkt)
(struct disj (left right) #:prefab)
(struct conj (left right) #:prefab)
(struct relate (name args) #:prefab)
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
  (not (or (conj? g) (disj? g) (relate? g) (label? g))))

;; -- relations ------------------------------------------------------------------------------------

;; A Relation is (relation NAME ARITY BODY INPUTS SOURCE): BODY takes the arguments and makes the
;; goal. INPUTS is #f, or for a primitive the positions of the arguments that must be ground before
;; BODY may run. SOURCE says where it was defined.
(struct relation (name arity body inputs source))

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

(define (relation-names) (hash-keys registry))

;; The goal that a call stands for, and the number of the next fresh variable after it.
(define (unfold call next)
  (define r (lookup-relation (relate-name call)))
  (define args (relate-args call))
  (unless (= (length args) (relation-arity r))
    (error (relate-name call) "expected ~a arguments, got ~a: ~s"
           (relation-arity r) (length args) args))
  (set-next-variable! next)
  (define goal (apply (relation-body r) args))
  (values goal next-variable))
