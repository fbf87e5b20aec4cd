#lang racket/base
;; Compiles the body of a relation, at the time when its definition is expanded: each line of a conde
;; becomes three procedures (see Clause in goal.rkt). All three say the same as the macros of
;; forms.rkt; they do it without building goals that are used at once.

(require (for-syntax racket/base) racket/syntax "analysis.rkt" "names.rkt" "emission.rkt"
         (for-template racket/base "clauses.rkt" "../core/forms.rkt" "../core/goal.rkt"
                       "../core/state.rkt"))
(provide compile-relation)

(define/with-syntax (st store next pending n args) shared-names)

;; -> syntax of the relation's table. The clauses of one conde stand side by side, those of the
;; relation's own body first.
(define (compile-relation name params goals)
  (define table (make-hasheqv))
  (define size 0)
  ;; Compiles lines (lists of goals) over the variables; -> the number of the first one.
  (define (add-lines! variables lines)
    (define first-number size)
    (define last-number (+ size (length lines) -1))
    (set! size (add1 last-number))
    (for ([goals (in-list lines)] [i (in-naturals first-number)])
      (hash-set! table i (compile-line variables goals (= i last-number))))
    first-number)
  (define (compile-line variables goals last?)
    (with-syntax ([plain (plain-code variables goals)])
      (if (shadowing? variables goals)
          #`(plain-clause plain #,last?)
          #`(clause #,(with-arguments #'(st args n) variables goals
                        (emit-run goals (scope variables '() place)))
                    #,(with-arguments #'(st args) variables goals
                        (emit-expand goals (scope variables '() place)))
                    plain
                    #,last?))))
  ;; The goal that stands for a conde: the number of its first line and the variables it speaks of.
  ;; A conde is met twice, once for each procedure of the line around it; the first time decides.
  (define places '())
  (define (place parsed variables)
    (define lines (cadr parsed))
    (define stx (caddr parsed))
    (unless (assq stx places)
      (define needed (occurring variables lines))
      (define number (add-lines! needed (map syntax->list (syntax->list lines))))
      (set! places (cons (list stx number needed) places)))
    (define known (cdr (assq stx places)))
    #`(clauses '#,name #,(car known) (list #,@(cadr known))))
  (add-lines! params
              (let ([only (and (null? (cdr goals)) (parse-goal (car goals)))])
                (if (and only (eq? (car only) 'conde))
                    (map syntax->list (syntax->list (cadr only)))
                    (list goals))))
  #`(vector #,@(for/list ([i (in-range size)]) (hash-ref table i))))

;; (λ FORMALS code) where the variables that the goals need come from `args`.
(define (with-arguments formals variables goals code)
  #`(λ #,formals
      (let* (#,@(argument-bindings variables goals))
        (let ([store (state-store st)] [next (state-next st)])
          #,code))))

(define (plain-code variables goals)
  #`(λ (args)
      (let* (#,@(argument-bindings variables goals))
        (conj* #,@goals))))

(define (argument-bindings variables goals)
  (let loop ([vs variables])
    (cond [(null? vs) '()]
          [else
           (define rest (loop (cdr vs)))
           (define more (if (null? rest) '() (cons #'[args (cdr args)] rest)))
           (if (occurs-in-syntax? (car vs) goals)
               (cons #`[#,(car vs) (car args)] more)
               more)])))
