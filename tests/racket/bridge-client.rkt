#lang racket/base
;; The client without an agent: it gives up with one line, and nothing freezes while it waits.

(require racket/file racket/list rackunit
         "../../racket/bridge/client.rkt" "../../racket/bridge/zmq.rkt")

(define nobody (string-append "ipc://" (path->string (make-temporary-file "architecto-~a"))))
(define hello (hash 'problem "lists" 'task "lists" 'facts (hash)))

(define (connect deadline)
  (connect-agent nobody #:session "test" #:hello hello #:deadline deadline))

(test-case "after the deadline, one line says who did not answer"
  (check-exn
   (λ (e)
     (and (exn:fail:agent? e)
          (regexp-match? #rx"^the agent at ipc://[^\n]* did not answer a hello request within 0.2 s"
                         (exn-message e))))
   (λ () (connect 0.2))))

(test-case "other green threads go on while the client waits"
  (define ticks 0)
  (define ticker (thread (λ () (let loop () (sleep 0.01) (set! ticks (add1 ticks)) (loop)))))
  (check-exn exn:fail:agent? (λ () (connect 0.3)))
  (kill-thread ticker)
  (check-true (> ticks 3)))

(test-case "a break ends the wait"
  (define outcome #f)
  (define waiting
    (thread (λ ()
              (with-handlers ([exn:break? (λ (_) (set! outcome 'broken))]
                              [exn:fail:agent? (λ (_) (set! outcome 'deadline))])
                (connect 60)))))
  (sleep 0.1)
  (break-thread waiting)
  (check-not-false (sync/timeout 30 waiting))
  (check-equal? outcome 'broken))

(test-case "what a hello needs is told"
  (check-exn #rx"hello needs the field task"
             (λ () (connect-agent nobody #:session "test" #:hello (hash-remove hello 'task)))))

(test-case "an endpoint that libzmq refuses is one line"
  (check-exn #rx"^cannot connect to nonsense: [^\n]*$"
             (λ () (connect-agent "nonsense" #:session "test" #:hello hello))))

(test-case "what nobody reads is kept up to a limit, then refused"
  (define d (open-dealer nobody #:queue 8))
  (define sent (for/list ([_ (in-range 100)]) (dealer-send! d '(#"header" #"body"))))
  (check-true (first sent))
  (check-false (last sent))
  (check-true (< (count values sent) 20))
  (close-dealer! d))

(test-case "a closed connection is told"
  (define d (open-dealer nobody))
  (check-true (dealer-send! d '(#"one" #"two")))
  (close-dealer! d)
  (close-dealer! d)
  (check-exn exn:fail:zmq? (λ () (dealer-send! d '(#"x")))))
