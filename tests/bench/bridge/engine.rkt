#lang racket/base
;; The engine's part of the bench of the bridge: the real client, with texts made beforehand.
;;
;;     racket engine.rkt ENDPOINT
;;
;; Each line of stdin is "NEW TRIPS": so many `choose` requests with so many new choices each. The
;; answer is a line of microseconds, one number a trip. "print" asks for the microseconds that
;; printing a choice of the space cnn takes: of one number a choice.

(require racket/list racket/string
         "../../../racket/bridge/client.rkt" "../../../racket/networks/search.rkt"
         "../../../racket/networks/space.rkt" "../../../racket/search/frontier.rkt")

(define bytes-a-text 300)

(define (text-of index)
  (define start (format "(bind (state ((architecture (input 1 8 8) ((conv2d ~a" index))
  (define rest (string-append* (make-list 20 " (conv2d 16 16 3 1 1) (relu)")))
  (string->bytes/utf-8 (substring (string-append start rest) 0 bytes-a-text)))

(define (trips! a first-index new trips)
  (define last-index (+ first-index (* new trips)))
  (define texts (for/vector ([i (in-range first-index last-index)]) (text-of i)))
  (define (text i) (vector-ref texts (- i first-index)))
  (collect-garbage)
  (for/list ([trip (in-range trips)])
    (define from (+ first-index (* trip new)))
    (define born (range from (+ from new)))
    (microseconds
     (λ () (agent-choose! a #:episode 1 #:step (add1 trip) #:candidates born #:new born
                          #:closed '() #:text text #:parent (λ (i) #f))))))

(define (microseconds thunk)
  (define start (current-inexact-monotonic-milliseconds))
  (thunk)
  (* 1000.0 (- (current-inexact-monotonic-milliseconds) start)))

;; Expands the oldest choices of the space cnn, and prints what is born.
(define (printing!)
  (define f (space-frontier (load-space "cnn") #:input '(1 8 8) #:classes 10))
  (for ([_ (in-range 400)]) (expand f (oldest-choice f)))
  (define open (choices f))
  (collect-garbage)
  (for/list ([part (in-list (parts open 100))])
    (/ (microseconds (λ () (for ([i (in-list part)]) (choice-text f i)))) (length part))))

(define (parts lst n)
  (if (<= (length lst) n)
      (list lst)
      (cons (take lst n) (parts (drop lst n) n))))

(define (show numbers)
  (displayln (string-join (map (λ (x) (number->string (/ (round (* 100 x)) 100.0))) numbers)))
  (flush-output))

(module+ main
  (define a (connect-agent (vector-ref (current-command-line-arguments) 0) #:session "bench"
                           #:hello (hash 'problem "lists" 'task "lists" 'facts (hash))))
  (for/fold ([index 1]) ([line (in-lines)])
    (cond
      [(equal? line "print") (show (printing!)) index]
      [else
       (define-values (new trips) (apply values (map string->number (string-split line))))
       (show (trips! a index new trips))
       (+ index (* new trips))]))
  (disconnect-agent! a))
