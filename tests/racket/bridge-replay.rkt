#lang racket/base
;; Plays one engine's part of a golden transcript with the real client; the agent's part is played,
;; and every byte compared, by tests/protocol/test_transcripts.py.
;;
;;     racket bridge-replay.rkt ENDPOINT TRANSCRIPT SESSION

(require json racket/file racket/list racket/match
         "../../racket/bridge/client.rkt" "../../racket/bridge/messages.rkt")

(define (replay endpoint transcript session)
  (define lines (map string->jsexpr (file->lines transcript)))
  (define own (filter (λ (line) (equal? (hash-ref line 'from #f) session)) lines))
  (define-values (texts parents) (choices-of own))
  (define (text index) (hash-ref texts index))
  (define (parent index) (hash-ref parents index))
  (define a #f)
  (for ([line (in-list own)] #:unless (hash-ref line 'again #f))
    (define header (string->jsexpr (hash-ref line 'header)))
    (define body (string->bytes/utf-8 (hash-ref line 'body)))
    (define (field name) (hash-ref header name #f))
    (match (field 'type)
      ["hello" (set! a (connect-agent endpoint #:session session #:hello header))]
      ["choose"
       (define candidates (if (equal? (field 'candidates) "all") 'all (field 'candidates)))
       (agent-choose! a #:episode (field 'episode) #:step (field 'step)
                      #:candidates candidates #:new (map first (parse-choices body))
                      #:closed (field 'closed) #:text text #:parent parent)]
      ["answer" (agent-answer! a #:episode (field 'episode) #:step (field 'step)
                               #:index (field 'index) #:answer body
                               #:facts (or (field 'facts) (hash)))]
      ["episode_end" (agent-episode-end! a #:episode (field 'episode)
                                         #:outcome (string->symbol (field 'outcome)))]
      ["scores" (agent-scores! a #:candidates (field 'candidates) #:text text #:parent parent)]
      ["use_scorer" (agent-use-scorer! a (field 'scorer))]
      ["shutdown" (disconnect-agent! a)])))

;; What every choice of the lines reads, and which choice it was born from.
(define (choices-of lines)
  (define choices
    (append*
     (for/list ([line (in-list lines)]
                #:when (member (hash-ref (string->jsexpr (hash-ref line 'header)) 'type)
                               '("choose" "scores")))
       (parse-choices (string->bytes/utf-8 (hash-ref line 'body))))))
  (values (for/hash ([c (in-list choices)]) (values (first c) (third c)))
          (for/hash ([c (in-list choices)]) (values (first c) (second c)))))

(module+ main
  (match-define (vector endpoint transcript session) (current-command-line-arguments))
  (replay endpoint transcript session))
