#lang racket/base
;; The twin of python/architecto/messages.py, asked from Python (tests/protocol/test_messages.py).
;; Each line of stdin is a JSON array of two strings that stand for bytes, one a character: header
;; and body. Each line of stdout is the header built again from its parts, or "error CODE".

(require json "../../racket/bridge/messages.rkt")

(define (latin-1 text) (string->bytes/latin-1 text))

(define (build-again line)
  (define frames (map latin-1 (string->jsexpr line)))
  (with-handlers ([exn:fail:message? (λ (e) (format "error ~a" (exn:fail:message-code e)))])
    (define-values (header body) (parse frames))
    (define type (hash-ref header 'type))
    (cond
      [(member type '("choose" "scores")) (parse-choices body)]
      [(equal? type "scores_reply") (parse-scores body)])
    (define keys
      (for/list ([field (in-list (hash-ref fields type))])
        (string->symbol (regexp-replace #rx"[?]$" (symbol->string (car field)) ""))))
    (bytes->string/latin-1
     (apply build type (for/list ([key (in-list keys)] #:when (hash-has-key? header key))
                         (cons key (hash-ref header key)))))))

(module+ main
  (for ([line (in-lines)])
    (displayln (build-again line))))
