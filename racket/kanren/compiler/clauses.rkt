#lang racket/base
;; What the compiled code of a clause calls.

(require "../core/advance.rkt" "../core/goal.rkt" "../core/state.rkt" "../core/store.rkt"
         "../core/term.rkt")
(provide plain-clause woken late-failure)

;; A clause that is not compiled: its goal is built and interpreted.
(define (plain-clause plain last?)
  (define (build st args)
    (numbered ([goal (plain args)]) (next (state-next st))
      (values (struct-copy state st [next next]) goal)))
  (clause (λ (st args n)
            (let-values ([(st goal) (build st args)])
              (advance-goal st goal n)))
          (λ (st args)
            (let-values ([(st goal) (build st args)])
              (values st (list goal))))
          plain
          last?))

;; After an equation: the state and store once the constraints have heard of the bindings.
(define (woken st store next pending)
  (if (null? pending)
      (values st store)
      (let ([st (wake-bindings st store next pending)])
        (if st
            (values st (state-store st))
            (values #f #f)))))

;; The outcome of n steps of a conjunction whose second or later constraint fails at once.
(define (late-failure n)
  (if (eqv? n 1)
      (values spent-stream 1)
      (values #f 2)))
