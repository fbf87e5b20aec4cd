#lang racket/base
;; The frontier of a search space: every architecture for an input shape, a number of classes and a
;; parameter budget.

(require racket/contract/base "../kanren/main.rkt" "../kanren/state.rkt" "../search/frontier.rkt"
         "../search/printer.rkt" "space.rkt")
(provide
 (contract-out
  [space-frontier (->* (space?) (#:input list? #:classes exact-positive-integer?
                                 #:max-params exact-nonnegative-integer?)
                       frontier?)]
  [architecture->text (-> any/c bytes?)]))

;; Answers of the frontier are (ARCHITECTURE PARAMETERS).
(define (space-frontier space #:input [input (space-input space)]
                        #:classes [classes (space-classes space)]
                        #:max-params [max-params (space-max-params space)])
  (make-frontier
   (query (architecture parameters)
     (infd parameters (interval 0 max-params))
     ((space-goal space) architecture input classes parameters))))

(define (architecture->text architecture) (print-term empty-state architecture))
