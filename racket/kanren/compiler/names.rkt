#lang racket/base
;; The variables that the pieces of a compiled clause share.

(provide shared-names)

;; st: the state; store and next: its store and next variable number, as changed since; pending: see
;; unify-in; n: steps to take; args: the values of the clause's variables. In each file that emits
;; code, (define/with-syntax (st store next pending n args) shared-names) gives them to its templates.
(define shared-names #'(st store next pending n args))
