#lang racket/base
;; Sends more choices at once than one message holds to a real agent (tests/faults/test_limits.py):
;;
;;     racket bridge-many.rkt ENDPOINT
;;
;; prints the picked index, and how many scores the agent gives without a text being sent again.

(require (only-in racket/list range) "../../racket/bridge/client.rkt")

(define how-many 60000)
(define (text index)
  (define line (make-bytes 300 (char->integer #\x)))
  (define name (string->bytes/utf-8 (format "(~a) " index)))
  (bytes-copy! line 0 name)
  line)

(define (main endpoint)
  (define a (connect-agent endpoint #:session "many"
                           #:hello (hash 'problem "lists" 'task "lists" 'facts (hash))))
  (define all (range 1 (add1 how-many)))
  (displayln (agent-choose! a #:episode 1 #:step 0 #:candidates 'all #:new all #:closed '()
                            #:text text #:parent (λ (index) #f)))
  (define (refuse index) (error 'bridge-many "the text of ~a was asked for again" index))
  (displayln (length (agent-scores! a #:candidates all #:text refuse #:parent (λ (index) #f))))
  (disconnect-agent! a))

(module+ main
  (main (vector-ref (current-command-line-arguments) 0)))
