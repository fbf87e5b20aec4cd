#lang racket/base
;; Starts, watches and stops an agent of one's own: the process `python -m architecto serve`, which
;; the REPL asks for scores. In a run the supervisor starts the agent and this is not used.

(require racket/contract/base)

(provide
 agent-process?
 (contract-out
  [start-agent (->* (#:python path-string? #:arguments (listof string?))
                    (#:deadline (and/c real? positive?))
                    agent-process?)]
  [agent-process-endpoint (-> agent-process? string?)]
  [agent-process-running? (-> agent-process? boolean?)]
  [agent-process-last-words (-> agent-process? string?)]
  [agent-process-evt (-> agent-process? evt?)]
  [stop-agent! (-> agent-process? void?)]))

(require json racket/port racket/string (only-in "client.rkt" exn:fail:agent))

;; An Agent-Process is a running agent.
;;   subprocess  ready for synchronisation when the process has ended
;;   stdin       the process ends when this closes, also when Racket dies
;;   endpoint    where it listens
;;   words       box of the last line that it wrote to stderr
(struct agent-process (subprocess stdin endpoint words))

(define (agent-error text . arguments)
  (raise (exn:fail:agent (apply format text arguments) (current-continuation-marks))))

;; Starts an agent and waits until it listens; other green threads go on meanwhile.
;; Raises exn:fail:agent with the reason that the agent gave if it ends instead.
(define (start-agent #:python python #:arguments arguments #:deadline [deadline 120])
  (unless (file-exists? python)
    (agent-error "no Python at ~a: run `make setup`" python))
  (define-values (process stdout stdin stderr)
    (apply subprocess #f #f #f python "-m" "architecto" "serve" "--end-with-stdin" arguments))
  (define words (box ""))
  (define listener (thread (λ () (keep-last-line stderr words))))
  (define line (sync/timeout/enable-break deadline (read-line-evt stdout)))
  (define endpoint (and (string? line) (endpoint-of line)))
  (unless endpoint
    (close-output-port stdin)
    (unless line (subprocess-kill process #t))
    (sync/timeout 2 listener)
    (agent-error "the agent does not start: ~a"
                 (cond [(not line) (format "it said nothing within ~a s" deadline)]
                       [(non-empty-string? (unbox words)) (unbox words)]
                       [else (format "it said ~s" line)])))
  (void (thread (λ () (copy-port stdout (open-output-nowhere)))))
  (agent-process process stdin endpoint words))

;; The endpoint in the agent's first line, a JSON object, or #f.
(define (endpoint-of line)
  (define object
    (with-handlers ([exn:fail? (λ (_) #f)]) ; what the reader of JSON raises is of several kinds
      (string->jsexpr line)))
  (define endpoint (and (hash? object) (hash-ref object 'endpoint #f)))
  (and (string? endpoint) endpoint))

(define (keep-last-line in words)
  (for ([line (in-lines in)] #:when (non-empty-string? (string-trim line)))
    (set-box! words (string-trim line))))

(define (agent-process-running? p)
  (eq? 'running (subprocess-status (agent-process-subprocess p))))

;; The last line that the agent wrote to its stderr, or an empty string.
(define (agent-process-last-words p) (unbox (agent-process-words p)))

;; Ready for synchronisation when the agent has ended.
(define (agent-process-evt p) (agent-process-subprocess p))

;; Has the agent end, by force after some seconds. Stopping twice does nothing.
(define (stop-agent! p)
  (define process (agent-process-subprocess p))
  (close-output-port (agent-process-stdin p))
  (unless (sync/timeout 10 process)
    (subprocess-kill process #t)
    (void (sync/timeout 2 process))))
