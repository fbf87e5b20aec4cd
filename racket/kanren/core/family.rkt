#lang racket/base
;; Constraint families: all that the engine asks of a kind of constraint, and the list of those that
;; there are. Posting, running, labelling, answers and choice texts go through this list.

(provide family-name family-post family-constraint? family-run family-terms family-reaching?
         family-hand-on
         family-goal-text family-constraint-text family-attribute-texts
         family-clauses family-joined family-infeasible?
         make-family register-family! families family-of-goal family-of-constraint
         text-slots families-by-slot)

;; A Family is a record of procedures. The state holds none of them: only prefab goals, constraints
;; and attributes, which the family knows by its predicates. Of a goal:
;;   name            symbol
;;   goal?           is a goal of this family?
;;   post            Transaction, goal -> #f where it cannot hold
;;   goal-text       State, goal -> the datum that a choice text has for it
;; Of a constraint, what a goal left in the store (none: constraint? is #f):
;;   constraint?     is a constraint of this family?
;;   run             Transaction, serial, constraint -> #f where it cannot hold, 'fixpoint where
;;                   another run would find nothing, else #t
;;   terms           constraint -> a term, or a list of terms, with all variables that it speaks of
;;   reaching?       where one of its variables is shown, is it shown whatever its others are, and
;;                   what is known of those? If not, it is shown where all of its variables are.
;;   constraint-text constraint -> datum
;; Of what it keeps in the attribute of a variable (substitution.rkt), where it keeps something:
;;   hand-on         Transaction, attribute of a variable that was bound, the term it was bound to ->
;;                   #f where what was known cannot hold of the term
;;   attribute-texts variable, attribute -> list of datums
;; Of answers and texts:
;;   slot            one of text-slots: where in a choice text its datums stand
;;   clauses         State, variables shown, constraints that reach them, a procedure that puts names
;;                   for variables, one that tells whether a term has names only -> the clauses of an
;;                   answer, each a list that starts with a symbol
;;   joined          those clauses -> the same as the community standard groups them
;;   infeasible?     Transaction -> can all constraints of the family together not hold? Asked seldom,
;;                   so it may take its time; #f is always right
(struct family (name goal? post goal-text constraint? run terms reaching? constraint-text
                     hand-on attribute-texts slot clauses joined infeasible?)
  #:authentic)

;; The parts of (state TERM …) in a choice text, in order.
(define text-slots '(disequalities types absentos domains arithmetic))

(define (make-family name #:goal? goal? #:post post #:goal-text goal-text #:slot slot
                     #:constraint? [constraint? #f] #:run [run #f] #:terms [terms #f]
                     #:reaching? [reaching? #f] #:constraint-text [constraint-text #f]
                     #:hand-on [hand-on #f] #:attribute-texts [attribute-texts #f]
                     #:clauses clauses #:joined [joined values]
                     #:infeasible? [infeasible? (λ (tx) #f)])
  (unless (memq slot text-slots)
    (raise-arguments-error 'make-family "unknown slot of the choice text" "family" name
                           "got" slot "expected one of" text-slots))
  (unless (or (not constraint?) (and run terms constraint-text))
    (raise-arguments-error 'make-family
                           "constraints need #:run, #:terms and #:constraint-text" "family" name))
  (family name goal? post goal-text constraint? run terms reaching? constraint-text
          hand-on attribute-texts slot clauses joined infeasible?))

;; -- the registry ---------------------------------------------------------------------------------

(define all '())                ; in the order in which they were registered
(define with-constraints '())
(define by-slot (map (λ (slot) '()) text-slots))

(define (families) all)
(define (families-by-slot) by-slot)   ; a list of families for each of text-slots

(define (register-family! f)
  (when (memq (family-name f) (map family-name all))
    (raise-arguments-error 'register-family! "a constraint family of this name is registered already"
                           "name" (family-name f)))
  (set! all (append all (list f)))
  (when (family-constraint? f)
    (set! with-constraints (append with-constraints (list f))))
  (set! by-slot (for/list ([slot (in-list text-slots)])
                  (for/list ([f (in-list all)] #:when (eq? slot (family-slot f))) f))))

;; -> the family of a goal, or #f
(define (family-of-goal goal)
  (let loop ([fs all])
    (cond [(null? fs) #f]
          [((family-goal? (car fs)) goal) (car fs)]
          [else (loop (cdr fs))])))

;; -> the family of a constraint in a store
(define (family-of-constraint c)
  (let loop ([fs with-constraints])
    (cond [(null? fs)
           (raise-arguments-error 'run "a constraint of no family; require the file that registers it"
                                  "got" c)]
          [((family-constraint? (car fs)) c) (car fs)]
          [else (loop (cdr fs))])))
